from django.urls import path

from analytics import views

urlpatterns = [
    path("dashboard/", views.dashboard, name="dashboard"),
    path("all-accounts/", views.account_list, name="account_list"),
    path("all-accounts/file/", views.account_export, name="account_export"),
]
