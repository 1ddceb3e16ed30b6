"""Outcomes in plain words, for pages, messages and receipts. Keys are the wallets' stable reasons and our own."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASONS: dict[str, Promise] = {
    "insufficient_funds": _("There was not enough money in the wallet."),
    "limit_reached": _("The wallet's own limit for today or this month is reached."),
    "mandate_revoked": _("The agreement for automatic payments has ended."),
    "mandate_expired": _("The agreement for automatic payments has run out."),
    "account_closed": _("The wallet account is closed."),
    "account_restricted": _("The wallet account may not pay at the moment."),
    "authentication_required": _("The wallet wants the payer to confirm the payment."),
    "method_expired": _("The card or account in the wallet has expired."),
    "declined_generic": _("The wallet declined the payment."),
    "suspected_fraud": _("The wallet stopped the payment to protect the payer."),
    "cancelled_by_customer": _("The payer cancelled."),
    "no_response": _("The wallet has not answered yet."),
    "duplicate": _("The wallet has seen this payment before."),
    "provider_down": _("The wallet is not available at the moment."),
    "credentials": _("Our access to the wallet failed. This is our fault, not the payer's."),
    "invalid_request": _("The wallet did not accept our request. This is our fault, not the payer's."),
    "outside_window": _("The agreement does not allow a debit on this day."),
    "amount_over_mandate": _("The amount is higher than the agreement allows."),
    "unmapped": _("The wallet gave an answer we do not know. A person is looking at it."),
    "not_sent": _("The wallet could not be reached; nothing was sent."),
    "paid_by_link": _("The debtor chose to pay by link instead."),
    "lost_claim": _("The debit is sent again under its own number."),
    "given_up": _("A person found that no money came and ended it."),
    "page_expired": _("The payment page ran out before it was used."),
    "plan_not_active": _("The repayment plan is not active."),
    "mandate_not_active": _("There is no active agreement for automatic payments."),
    "notice_not_given": _("The notice before the debit has not been given long enough."),
    "on_hold": _("Debits are on hold for this account."),
    "account_not_open": _("The account is not open."),
    "nothing_owed": _("Nothing is owed any more."),
    "already_paid": _("This instalment is already paid."),
    "payment_open": _("Another payment of this account is still open."),
    "over_cap": _("The amount is higher than the agreement allows."),
    "provider_not_vetted": _("The wallet is not vetted."),
    "provider_switched_off": _("The wallet is switched off."),
    "provider_review_overdue": _("The wallet is overdue for its review, so it takes no money."),
    "provider_debits_itself": _("The wallet debits by its own schedule; we never debit beside it."),
    "period_used": _("The agreement allows one debit in a period, and this period has had its own."),
    "mandate_stopped": _("The agreement for automatic payments was paused or ended before the debit went out."),
    "no_more_tries": _("All agreed attempts were used."),
    "amount_mismatch": _("The wallet reports another amount than we asked for. A person is looking at it."),
    "late_success": _("Money arrived after we had closed this payment. A person is looking at it."),
    "refunded": _("The wallet reports that money went back to the payer. A person is looking at it."),
    "taken_back": _("The wallet took the money back. A person is looking at it."),
    "given_back": _("The wallet gave money back that it had taken away from us. A person is looking at it."),
    "second_debit": _("The wallet knows two payments under one number. A person is looking at it."),
    "after_the_end": _("The wallet debited after the agreement had ended. A person is looking at it."),
    "more_than_owed": _("More arrived than is owed. A person is looking at it."),
    "underpaid": _("Less than agreed arrived at the address. A person is looking at it."),
    "overpaid": _("More than agreed arrived at the address. A person is looking at it."),
    "paid_late": _("The money arrived after the rate had ended. A person is looking at it."),
    "second_payment": _("A second transfer came to the same address. A person is looking at it."),
    "wrong_token": _("Another coin than agreed arrived at the address. A person is looking at it."),
    "blocked_sender": _("The transfer came from an address we may not take money from. A person is looking at it."),
    "never_answered": _("The wallet never said what became of this payment. A person is looking at it."),
    "never_sent": _("We received money for a payment we never sent. A person is looking at it."),
}


def reason_words(reason: str) -> str:
    return str(REASONS.get(reason, reason.replace("_", " ")))
