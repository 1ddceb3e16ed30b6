from django.urls import path

from reminders import views_webhooks as views

urlpatterns = [
    path("webhooks/sms/status/", views.sms_status, name="reminders_sms_status"),
    path("webhooks/sms/inbound/", views.sms_inbound, name="reminders_sms_inbound"),
    path("stop/<str:token>/", views.opt_out, name="reminders_opt_out"),
]
