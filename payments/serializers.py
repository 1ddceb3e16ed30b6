"""Payments and payment links as the API shows them."""

from __future__ import annotations

from rest_framework import serializers

from payments.models import AccountMove, Payment, PaymentLink


class NewLinkSerializer(serializers.Serializer):
    account = serializers.CharField(help_text="The account's public reference.")
    amount_minor = serializers.IntegerField(required=False, min_value=1, help_text="Preset amount in minor units.")
    language = serializers.CharField(required=False, max_length=12, default="")
    valid_days = serializers.IntegerField(required=False, min_value=1, max_value=365, default=30)


class PaymentLinkSerializer(serializers.ModelSerializer):
    account = serializers.CharField(source="account.reference", read_only=True)

    class Meta:
        model = PaymentLink
        fields = [
            "id", "account", "amount_minor", "language", "created_at", "expires_at", "first_opened_at",
            "opened_count", "revoked_at",
        ]  # fmt: skip


class RecallSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=200, help_text="Why; it stands in the account's record.")


class MoveSerializer(serializers.ModelSerializer):
    reference = serializers.CharField(read_only=True)
    account = serializers.CharField(source="account.reference", read_only=True)
    status = serializers.CharField(source="account.status", read_only=True)
    payments_under_way = serializers.SerializerMethodField(
        help_text="Begun before the recall: each is awaited, and what arrives goes with the next remittance."
    )

    class Meta:
        model = AccountMove
        fields = [
            "reference", "account", "kind", "state", "status", "amount_minor", "currency", "asked_at", "decided_at",
            "settled_at", "payments_under_way",
        ]  # fmt: skip

    def get_payments_under_way(self, row: AccountMove) -> bool:
        return row.settled_at is None


class PaymentSerializer(serializers.ModelSerializer):
    reference = serializers.CharField(read_only=True)
    account = serializers.CharField(source="account.reference", read_only=True)
    creditor_reference = serializers.CharField(source="account.creditor_reference", read_only=True)

    class Meta:
        model = Payment
        fields = [
            "reference", "account", "creditor_reference", "state", "amount_minor", "currency", "source",
            "created_at", "finished_at",
        ]  # fmt: skip
