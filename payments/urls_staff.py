from django.urls import path

from payments import (
    urls_disputes,
    urls_promises,
    urls_reconciliation,
    urls_remittances,
    urls_rules,
    urls_transfers,
    views_staff,
    views_staff_corrections,
    views_staff_deposits,
    views_staff_documents,
    views_staff_notices,
    views_staff_retries,
)

urlpatterns = [
    path("accounts-of/<str:reference>/link/", views_staff.account_link, name="account_link"),
    path(
        "accounts-of/<str:reference>/correction/",
        views_staff_corrections.account_correction,
        name="account_correction",
    ),
    path(
        "accounts-of/<str:reference>/correction/decide/",
        views_staff_corrections.account_correction_decide,
        name="account_correction_decide",
    ),
    path("accounts-of/<str:reference>/statement/", views_staff_documents.account_statement, name="account_statement"),
    path(
        "accounts-of/<str:reference>/statement/<slug:kind>/",
        views_staff_documents.account_statement_file,
        name="account_statement_file",
    ),
    path(
        "accounts-of/<str:reference>/receipt/<slug:payment>/",
        views_staff_documents.account_receipt,
        name="account_receipt",
    ),
    path("payments/", views_staff.payment_list, name="payment_list"),
    path("wallet-notices/", views_staff_notices.notice_list, name="notice_list"),
    path("wallet-notices/<int:event_id>/seen/", views_staff_notices.notice_seen, name="notice_seen"),
    path("debit-tries/", views_staff_retries.retry_list, name="retry_list"),
    path("debit-tries/list/", views_staff_retries.retry_tries, name="retry_tries"),
    path("deposits/", views_staff_deposits.deposit_list, name="deposit_list"),
    path("deposits/<str:reference>/", views_staff_deposits.deposit_page, name="deposit_page"),
    path("deposits/<str:reference>/decide/", views_staff_deposits.deposit_decide, name="deposit_decide"),
    path("deposits/<str:reference>/confirm/", views_staff_deposits.deposit_confirm, name="deposit_confirm"),
    path("deposits/<str:reference>/put-back/", views_staff_deposits.deposit_put_back, name="deposit_put_back"),
    path("deposits/<str:reference>/returned/", views_staff_deposits.deposit_returned, name="deposit_returned"),
    *urls_disputes.urlpatterns,
    *urls_promises.urlpatterns,
    *urls_reconciliation.urlpatterns,
    *urls_remittances.urlpatterns,
    *urls_rules.urlpatterns,
    *urls_transfers.urlpatterns,
]
