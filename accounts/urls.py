from django.urls import path

from accounts.views import account, actions, approvals, desk, home, integration, office, searching, users, work

of = "accounts-of/<str:reference>"
urlpatterns = [
    path("", home.home, name="home"),
    path("work/", work.work_list, name="work_list"),
    path("work/next/", work.work_next, name="work_next"),
    path("approvals/", approvals.approval_list, name="approval_list"),
    path("search/", searching.search, name="search"),
    path(f"{of}/", account.account_page, name="account_page"),
    path(f"{of}/reveal/", account.account_reveal, name="account_reveal"),
    path(f"{of}/hands/", desk.account_hands, name="account_hands"),
    path(f"{of}/done/", desk.account_finish, name="account_finish"),
    path(f"{of}/note/", actions.account_note, name="account_note"),
    path(f"{of}/assign/", actions.account_assign, name="account_assign"),
    path(f"{of}/hold/", actions.account_hold, name="account_hold"),
    path(f"{of}/hold/<int:hold_id>/end/", actions.account_hold_end, name="account_hold_end"),
    path("people/", users.user_list, name="user_list"),
    path("people/new/", users.user_new, name="user_new"),
    path("people/<int:user_id>/", users.user_edit, name="user_edit"),
    path("people/<int:user_id>/second-factor/", users.user_reset_factor, name="user_reset_factor"),
    path("office-hours/", office.office_hours, name="office_hours"),
    path("keys/", integration.key_list, name="key_list"),
    path("keys/<int:key_id>/revoke/", integration.key_revoke, name="key_revoke"),
    path("notices/", integration.delivery_list, name="delivery_list"),
    path("notices/<uuid:delivery_id>/replay/", integration.delivery_replay, name="delivery_replay"),
]
