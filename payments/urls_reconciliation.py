from django.urls import path

from payments import views_staff_reconciliation as views
from payments import views_staff_trust as trust

urlpatterns = [
    path("reconciliation/", views.reconciliation_list, name="reconciliation_list"),
    path("reconciliation/<str:reference>/", views.reconciliation_item, name="reconciliation_item"),
    path("reconciliation/<str:reference>/do/<str:action>/", views.reconciliation_act, name="reconciliation_act"),
    path("trust/", trust.trust_page, name="trust_page"),
    path("trust/record/", trust.trust_record, name="trust_record"),
    path("trust/<str:reference>/<slug:action>/", trust.trust_act, name="trust_act"),
]
