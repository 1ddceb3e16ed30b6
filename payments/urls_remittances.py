from django.urls import path

from payments import views_staff_remittances as remittances
from payments import views_staff_terms as terms

urlpatterns = [
    path("remittances/", remittances.remittance_list, name="remittance_list"),
    path("remittances/draft/", remittances.remittance_draft, name="remittance_draft"),
    path("remittances/<str:reference>/", remittances.remittance_page, name="remittance_page"),
    path("remittances/<str:reference>/approve/", remittances.remittance_approve, name="remittance_approve"),
    path("remittances/<str:reference>/paid/", remittances.remittance_paid, name="remittance_paid"),
    path("remittances/<str:reference>/cancel/", remittances.remittance_cancel, name="remittance_cancel"),
    path("remittances/<str:reference>/file/<str:kind>/", remittances.remittance_file, name="remittance_file"),
    path("commission-terms/", terms.terms_list, name="terms_list"),
    path("commission-terms/<slug:code>/", terms.terms_edit, name="terms_edit"),
]
