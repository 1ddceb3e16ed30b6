from django.urls import path

from payments import views_staff_transfers as views

urlpatterns = [
    path("bank-transfers/", views.bank_transfer_list, name="bank_transfer_list"),
    path("bank-transfers/new/", views.bank_transfer_new, name="bank_transfer_new"),
    path("bank-transfers/<str:reference>/", views.bank_transfer_page, name="bank_transfer_page"),
    path("bank-transfers/<str:reference>/do/<slug:action>/", views.bank_transfer_act, name="bank_transfer_act"),
    path("bank-transfers/<str:reference>/confirm/", views.bank_transfer_confirm, name="bank_transfer_confirm"),
    path("bank-transfers/<str:reference>/refuse/", views.bank_transfer_refuse, name="bank_transfer_refuse"),
]
