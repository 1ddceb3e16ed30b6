from django.urls import path

from wallets import views_staff

urlpatterns = [
    path("providers/", views_staff.provider_list, name="provider_list"),
    path("providers/<slug:key>/<slug:status>/", views_staff.provider_switch, name="provider_switch"),
]
