"""Addresses under `p/`: everything behind a payment link. The token is the first word of each."""

from django.urls import path

from payments.views_debtor import (
    documents,
    landing,
    learning,
    mandates,
    messages,
    paying,
    plans,
    preferences,
    promises,
    retries,
    saved,
    wallets,
)
from payments.views_debtor.disputes import dispute, dispute_more, dispute_paper, dispute_withdraw
from payments.views_debtor.identity import identity

urlpatterns = [
    path("<str:token>/", landing.pay, name="pay"),
    path("<str:token>/pay/", paying.pay_start, name="pay_start"),
    path("<str:token>/payer/", paying.pay_payer, name="pay_payer"),
    path("<str:token>/pay/saved/", saved.pay_saved, name="pay_saved"),
    path("<str:token>/payment/<slug:key>/", paying.pay_return, name="pay_return"),
    path("<str:token>/payment/<slug:key>/cancel/", paying.pay_cancel, name="pay_cancel"),
    path("<str:token>/receipt/<slug:reference>/", documents.receipt, name="debtor_receipt"),
    path("<str:token>/receipt/<slug:reference>/pdf/", documents.receipt_download, name="debtor_receipt_pdf"),
    path("<str:token>/documents/", documents.documents, name="debtor_documents"),
    path("<str:token>/statement/", documents.statement, name="debtor_statement"),
    path("<str:token>/statement/<slug:kind>/", documents.statement_download, name="debtor_statement_file"),
    path("<str:token>/identity/", identity, name="debtor_identity"),
    path("<str:token>/dispute/", dispute, name="debtor_dispute"),
    path("<str:token>/dispute/more/", dispute_more, name="debtor_dispute_more"),
    path("<str:token>/dispute/back/", dispute_withdraw, name="debtor_dispute_withdraw"),
    path("<str:token>/dispute/<uuid:dispute_id>/<uuid:evidence_id>/", dispute_paper, name="debtor_dispute_paper"),
    path("<str:token>/messages/", messages.messages, name="debtor_messages"),
    path("<str:token>/preferences/", preferences.preferences, name="debtor_preferences"),
    path("<str:token>/next-try/", retries.retry_day, name="debtor_retry"),
    path("<str:token>/promise/", promises.promise, name="debtor_promise"),
    path("<str:token>/promise/withdraw/", promises.promise_withdraw, name="debtor_promise_withdraw"),
    path("<str:token>/plan/", plans.mandate_offer, name="mandate_offer"),
    path("<str:token>/plan/terms/", plans.mandate_terms, name="mandate_terms"),
    path("<str:token>/plan/start/", plans.mandate_start, name="mandate_start"),
    path("<str:token>/agreement/<slug:reference>/", mandates.mandate_page, name="mandate_page"),
    path("<str:token>/agreement/<slug:reference>/return/", mandates.mandate_return, name="mandate_return"),
    path("<str:token>/agreement/<slug:reference>/sign/", mandates.mandate_sign, name="mandate_sign"),
    path("<str:token>/agreement/<slug:reference>/end/", mandates.mandate_end, name="mandate_end"),
    path("<str:token>/agreement/<slug:reference>/pause/", mandates.mandate_pause, name="mandate_pause"),
    path("<str:token>/agreement/<slug:reference>/resume/", mandates.mandate_resume, name="mandate_resume"),
    path("<str:token>/wallets/", wallets.wallets, name="debtor_wallets"),
    path("<str:token>/wallets/<uuid:method>/name/", wallets.wallet_rename, name="debtor_wallet_rename"),
    path("<str:token>/wallets/<uuid:method>/move/", wallets.wallet_move, name="debtor_wallet_move"),
    path("<str:token>/wallets/<uuid:method>/remove/", wallets.wallet_remove, name="debtor_wallet_remove"),
    path("<str:token>/about/wallet/<slug:key>/", learning.learn_wallet, name="debtor_learn_wallet"),
    path("<str:token>/about/<slug:page>/", learning.learn, name="debtor_learn"),
]
