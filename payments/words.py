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
    "unreadable": _("This debit could not be worked on, so it waits. Operators find the cause in the log."),
    "not_sent": _("The wallet could not be reached; nothing was sent."),
    "waited": _("It waited too long for its turn, so it is looked at once more before it is sent."),
    "paid_by_link": _("The debtor chose to pay by link instead."),
    "lost_claim": _("The debit is sent again under its own number."),
    "unheard_of": _("The wallet has not heard of this debit. It is sent again under its own number."),
    "number_forgotten": _("The wallet may have forgotten this debit's number, so it is not sent again."),
    "given_up": _("A person found that no money came and ended it."),
    "page_expired": _("The payment page ran out before it was used."),
    "plan_not_active": _("The repayment plan is not active."),
    "mandate_not_active": _("There is no active agreement for automatic payments."),
    "notice_not_given": _("The notice before the debit has not been given long enough."),
    "more_than_announced": _("More would be taken than was announced. It is announced anew first."),
    "amount_changed": _("The amount has changed since it was announced. It is announced anew first."),
    "law": _("The rules in force do not allow this debit now. The decision names them."),
    "not_covered": _("No rules of this country are signed off and in force, so nothing is debited by machine."),
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
    "other_wallet": _("This wallet will not pay this. The debtor has to choose another one."),
    "debtor_must_act": _("The debtor has to do something in the wallet first."),
    "never_again": _("The wallet will never pay this. It is not asked again."),
    "agree_anew": _("The agreement does not cover this debit. It has to be agreed anew."),
    "not_understood": _("The wallet refused for a reason we do not know, so it is not asked again."),
    "our_fault": _("Our own mistake stood in the way too long."),
    "no_day_left": _("No day is left on which the wallet, the agreement and the notice allow another try."),
    "unlikely": _("Another try would hardly succeed, and this debtor is spared it."),
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
    "deposit_gone": _("The chain took back a transfer that was in the books. A person is looking at it."),
    "deposit_booked": _("The whole amount is there, but a part of it was booked by itself. A person is looking at it."),
    "deposits_decided": _("A person decided what becomes of the money that came."),
    "native_coin": _("The network's own coin came instead of USDT. It pays nothing; a person is looking at it."),
    "books_refuse": _("The wallet has answered, and our books could not take it. A person is looking at it."),
    "never_answered": _("The wallet never said what became of this payment. A person is looking at it."),
    "never_sent": _("We received money for a payment we never sent. A person is looking at it."),
}


def reason_words(reason: str) -> str:
    return str(REASONS.get(reason, reason.replace("_", " ")))


def percent(basis_points: int) -> str:
    """Exactly: 8 %, 7.25 %, 0.5 %."""
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + " %" if rest else f"{whole} %"
