"""A new agreement on a wallet that was saved while paying: agreed on our page, without another visit to the wallet."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction

from accounts.models import Account
from wallets.gateway import adapter, call
from wallets.models import Mandate, PaymentMethod
from wallets.providers.base import MandateResult, MandateState
from wallets.selectors import chargeable_method, refuse_unfit
from wallets.services.applying import apply_mandate_result
from wallets.services.linking import forget_token, one_at_a_time

GONE = (MandateState.REVOKED, MandateState.EXPIRED)


def sign_with_saved_wallet(mandate: Mandate) -> bool:
    """Put the agreement in force on the person's saved wallet, if they have one here and its provider confirms it.

    False when the wallet's own page has to be opened. Not inside a transaction; raises when the provider is silent.
    """
    method = chargeable_method(mandate.account.debtor_id, mandate.provider)
    if method is None or mandate.state != "pending":
        return False
    refuse_unfit(mandate.provider)
    standing = call(adapter(mandate.provider).get_mandate(method.token), mandate.provider)
    if standing.state in GONE:
        forget_token(mandate.provider, method.token)
    if standing.state is not MandateState.ACTIVE or not _put_in_force(mandate, method, standing):
        return False
    mandate.refresh_from_db()
    return mandate.state == "active"


@transaction.atomic(durable=True)
def _put_in_force(mandate: Mandate, method: PaymentMethod, standing: MandateResult) -> bool:
    """Under the account's lock and the person's: a wallet they remove at this moment takes the agreement with it."""
    Account.objects.select_for_update().get(pk=mandate.account_id)
    one_at_a_time(method.debtor_id)
    kept = PaymentMethod.objects.filter(pk=method.pk, removed_at=None).exists()
    mine = Mandate.objects.filter(pk=mandate.pk, state="pending")
    if not kept or not mine.update(payment_method=method):
        return False
    # When it was saved is not when this agreement was made.
    said = replace(standing, mandate_ref=method.token, signed_at=None)
    return apply_mandate_result(mandate.pk, said, source="saved wallet")
