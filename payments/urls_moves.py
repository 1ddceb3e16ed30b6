from django.urls import path

from payments import views_staff_agencies as agencies
from payments import views_staff_moves as views

urlpatterns = [
    path("accounts-of/<str:reference>/end/", views.account_end, name="account_end"),
    path("accounts-of/<str:reference>/recall/", views.account_recall, name="account_recall"),
    path("ended/", views.move_list, name="move_list"),
    path("ended/<str:reference>/", views.move_page, name="move_page"),
    path("ended/<str:reference>/decide/", views.move_decide, name="move_decide"),
    path("ended/<str:reference>/back/", views.move_undo, name="move_undo"),
    path("agencies/", agencies.agency_list, name="agency_list"),
    path("agencies/<int:agency_id>/", agencies.agency_edit, name="agency_edit"),
    path("agencies/<int:agency_id>/list.csv", agencies.agency_file, name="agency_file"),
    path("end-rules/", agencies.end_rule_list, name="end_rule_list"),
    path("end-rules/<slug:code>/", agencies.end_rule_edit, name="end_rule_edit"),
    path("recall-file/", agencies.recall_file, name="recall_file"),
]
