"""Accounts as the API shows them. Amounts are integers in minor units beside their currency."""

from __future__ import annotations

from rest_framework import serializers

from accounts.models import Account, ContactPoint, Creditor, Debtor, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import ANNOUNCED
from accounts.webhooks.targets import check_target


class CreditorSerializer(serializers.ModelSerializer):
    class Meta:
        model = Creditor
        fields = ["code", "name", "country", "role"]


class ContactPointSerializer(serializers.ModelSerializer):
    value = serializers.CharField(read_only=True)

    class Meta:
        model = ContactPoint
        fields = ["kind", "value", "condition", "verified_at"]


class DebtorSerializer(serializers.ModelSerializer):
    creditor = serializers.CharField(source="creditor.code", read_only=True)
    name = serializers.CharField(read_only=True)
    contact_points = ContactPointSerializer(many=True, read_only=True)

    class Meta:
        model = Debtor
        fields = ["id", "creditor", "creditor_reference", "name", "country", "language", "time_zone", "contact_points"]


class AccountSerializer(serializers.ModelSerializer):
    reference = serializers.CharField(read_only=True)
    creditor = serializers.CharField(source="creditor.code", read_only=True)
    portfolio = serializers.CharField(source="portfolio.name", read_only=True)
    debtor = serializers.UUIDField(source="debtor_id", read_only=True)
    components = serializers.SerializerMethodField()

    class Meta:
        model = Account
        fields = [
            "reference", "creditor", "creditor_reference", "portfolio", "debtor", "product", "currency", "status",
            "due_date", "placed_minor", "balance_minor", "components", "last_payment_at", "created_at",
        ]  # fmt: skip

    def get_components(self, account: Account) -> dict[str, int]:
        return {name: getattr(account, f"{name}_minor") for name in ("principal", "interest", "fees", "costs")}


class WebhookEndpointSerializer(serializers.ModelSerializer):
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(ANNOUNCED)), required=False, default=list
    )

    class Meta:
        model = WebhookEndpoint
        fields = ["id", "url", "kinds", "active", "failures_in_a_row", "created_at"]
        read_only_fields = ["id", "active", "failures_in_a_row", "created_at"]

    def validate_url(self, url: str) -> str:
        check_target(url)
        return url


class WebhookDeliverySerializer(serializers.ModelSerializer):
    payload = serializers.JSONField(read_only=True)

    class Meta:
        model = WebhookDelivery
        fields = ["id", "endpoint", "kind", "state", "attempts", "due_at", "last_status", "last_error", "payload"]
