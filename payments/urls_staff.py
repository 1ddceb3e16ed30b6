from django.urls import path

from payments import views_staff

urlpatterns = [
    path("accounts-of/<str:reference>/link/", views_staff.account_link, name="account_link"),
    path("payments/", views_staff.payment_list, name="payment_list"),
]
