from django.urls import path

from payments import views_staff_reconciliation as views

urlpatterns = [
    path("reconciliation/", views.reconciliation_list, name="reconciliation_list"),
    path("reconciliation/<str:reference>/", views.reconciliation_item, name="reconciliation_item"),
    path("reconciliation/<str:reference>/do/<str:action>/", views.reconciliation_act, name="reconciliation_act"),
]
