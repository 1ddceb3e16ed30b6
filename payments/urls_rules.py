from django.urls import path

from payments import views_staff_accrual as rules

urlpatterns = [
    path("rules/", rules.rule_list, name="rule_list"),
    path("rules/<slug:kind>/new/", rules.rule_new, name="rule_new"),
    path("rules/<slug:kind>/<int:rule_id>/", rules.rule_page, name="rule_page"),
    path("rules/<slug:kind>/<int:rule_id>/change/", rules.rule_change, name="rule_change"),
    path("rules/<slug:kind>/<int:rule_id>/end/", rules.rule_end, name="rule_end"),
    path("rule-requests/<str:reference>/", rules.rule_request, name="rule_request"),
    path("rule-requests/<str:reference>/decide/", rules.rule_decide, name="rule_decide"),
]
