"""What the lists of payments and payment links may be narrowed to."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters

from common.api_filters import CreatedFilter
from common.clock import now
from common.ids import row_id_of
from payments.models import Payment, PaymentLink

LINK_STATES = (("active", "active"), ("expired", "expired"), ("revoked", "revoked"))


class OfAccount(CreatedFilter):
    creditor = filters.CharFilter(field_name="account__creditor__code")
    account = filters.CharFilter(method="by_account", help_text="The account's public reference.")

    def by_account(self, rows: QuerySet, name: str, reference: str) -> QuerySet:
        return rows.filter(account_id=row_id_of(reference) or 0)


class LinkFilter(OfAccount):
    state = filters.ChoiceFilter(choices=LINK_STATES, method="by_state")
    opened = filters.BooleanFilter(field_name="first_opened_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = PaymentLink
        fields = ["creditor", "account", "language"]

    def by_state(self, rows: QuerySet[PaymentLink], name: str, state: str) -> QuerySet[PaymentLink]:
        over = Q(expires_at__lte=now())
        revoked = Q(revoked_at__isnull=False)
        return rows.filter({"active": ~revoked & ~over, "expired": ~revoked & over, "revoked": revoked}[state])


class PaymentFilter(OfAccount):
    link = filters.NumberFilter(field_name="link_id")
    finished_after = filters.IsoDateTimeFilter(field_name="finished_at", lookup_expr="gte")
    finished_before = filters.IsoDateTimeFilter(field_name="finished_at", lookup_expr="lt")

    class Meta:
        model = Payment
        fields = ["creditor", "account", "state", "source", "currency"]
