from django.urls import path

from reminders import views_staff

urlpatterns = [
    path("accounts-of/<str:reference>/send-link/", views_staff.account_send_link, name="account_send_link"),
    path("messages/", views_staff.message_list, name="message_list"),
    path("schedules/", views_staff.schedule_list, name="schedule_list"),
    path("schedules/new/", views_staff.schedule_edit, name="schedule_new"),
    path("schedules/tomorrow/", views_staff.schedule_preview, name="schedule_preview"),
    path("schedules/<int:schedule_id>/", views_staff.schedule_detail, name="schedule_detail"),
    path("schedules/<int:schedule_id>/edit/", views_staff.schedule_edit, name="schedule_edit"),
    path("schedules/<int:schedule_id>/publish/", views_staff.schedule_publish, name="schedule_publish"),
]
