from django.urls import path

from wallets import views_endings, views_mandates, views_staff

urlpatterns = [
    path("providers/", views_staff.provider_list, name="provider_list"),
    path("providers/<slug:key>/", views_staff.provider_edit, name="provider_edit"),
    path("providers/<slug:key>/add/", views_staff.provider_add, name="provider_add"),
    path("providers/<slug:key>/fees/", views_staff.provider_fee, name="provider_fee"),
    path("providers/<slug:key>/merchant/", views_staff.provider_merchant, name="provider_merchant"),
    path("providers/<slug:key>/<slug:status>/", views_staff.provider_switch, name="provider_switch"),
    path("agreements-to-end/", views_endings.ending_list, name="ending_list"),
    path("agreements-to-end/<str:reference>/", views_endings.ending_seen, name="ending_seen"),
    path("accounts/<slug:reference>/agreement/<slug:change>/", views_mandates.mandate_change, name="mandate_change"),
]
