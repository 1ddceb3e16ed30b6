from django.urls import path

from compliance import views_decisions, views_notices, views_policies, views_tester

urlpatterns = [
    path("policies/", views_policies.policy_list, name="policy_list"),
    path("policies/propose/", views_policies.policy_propose, name="policy_propose"),
    path("policies/<int:policy_id>/", views_policies.policy_page, name="policy_page"),
    path("policies/<int:policy_id>/file/", views_policies.policy_file, name="policy_file"),
    path("policies/<int:policy_id>/against/<int:other_id>/", views_policies.policy_compare, name="policy_compare"),
    path("policies/<int:policy_id>/sign/", views_policies.policy_sign, name="policy_sign"),
    path("policies/<int:policy_id>/in-force/", views_policies.policy_force, name="policy_force"),
    path("policies/<int:policy_id>/end/", views_policies.policy_end, name="policy_end"),
    path("decisions/", views_decisions.decision_list, name="decision_list"),
    path("decisions/may-we/", views_tester.may_we, name="may_we"),
    path("decisions/<int:decision_id>/", views_decisions.decision_page, name="decision_page"),
    path("given-notices/", views_notices.notice_list, name="given_notice_list"),
    path("given-notices/placement/", views_notices.notice_placement, name="given_notice_placement"),
    path("given-notices/<int:notice_id>/confirm/", views_notices.notice_confirm, name="given_notice_confirm"),
    path("given-notices/<int:notice_id>/take-back/", views_notices.notice_take_back, name="given_notice_take_back"),
    path("given-notices/<int:notice_id>/document/", views_notices.notice_document, name="given_notice_document"),
    path("accounts-of/<str:reference>/notices/", views_notices.notice_account, name="given_notice_account"),
]
