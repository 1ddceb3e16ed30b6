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
            "reference", "creditor", "creditor_reference", "portfolio", "debtor", "product", "segment", "currency",
            "status", "due_date", "placed_minor", "balance_minor", "components", "last_payment_at", "created_at",
        ]  # fmt: skip

    def get_components(self, account: Account) -> dict[str, int]:
        return {name: getattr(account, f"{name}_minor") for name in ("principal", "interest", "fees", "costs")}


class ComponentsSerializer(serializers.Serializer):
    principal = serializers.IntegerField(required=False)
    interest = serializers.IntegerField(required=False)
    fees = serializers.IntegerField(required=False)
    costs = serializers.IntegerField(required=False)


class NewDebtorSerializer(serializers.Serializer):
    """Either the id of a person who is known, or the creditor's own reference: it finds the person or makes one."""

    id = serializers.UUIDField(required=False)
    creditor_reference = serializers.CharField(required=False, help_text="Your customer number.")
    name = serializers.CharField(required=False)
    given_name = serializers.CharField(required=False)
    family_name = serializers.CharField(required=False)
    birth_date = serializers.DateField(required=False)
    birth_year = serializers.IntegerField(required=False)
    country = serializers.CharField(required=False, help_text="ISO code; the creditor's own when left out.")
    language = serializers.CharField(required=False, help_text="Like en or zh-Hant.")
    time_zone = serializers.CharField(required=False, help_text="Like Asia/Taipei.")
    emails = serializers.ListField(child=serializers.CharField(max_length=254), required=False, max_length=10)
    phones = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=10)
    address = serializers.CharField(required=False)
    city = serializers.CharField(required=False)
    region = serializers.CharField(required=False)
    postcode = serializers.CharField(required=False)


class NewConsentsSerializer(serializers.Serializer):
    """What the person said to you. A refusal made to us stands: only the person can take it back."""

    all = serializers.BooleanField(required=False)
    email = serializers.BooleanField(required=False)
    sms = serializers.BooleanField(required=False)
    call = serializers.BooleanField(required=False)


class NewAccountSerializer(serializers.Serializer):
    """Amounts in minor units: `balance_minor`, or its components, or both when they agree."""

    creditor = serializers.CharField(required=False, help_text="The creditor's code; may be left out with its own key.")
    portfolio = serializers.CharField(required=False, max_length=120, help_text="The placement it belongs to.")
    creditor_reference = serializers.CharField(help_text="Your account number: it is placed once.")
    product = serializers.CharField(required=False, help_text="Like credit_card or telecom.")
    segment = serializers.CharField(required=False, help_text="A group of accounts, for steps of a schedule.")
    currency = serializers.CharField(help_text="ISO code.")
    balance_minor = serializers.IntegerField(required=False)
    components = ComponentsSerializer(required=False)
    credit_limit_minor = serializers.IntegerField(required=False)
    due_date = serializers.DateField(help_text="The oldest unpaid due date.")
    debtor = NewDebtorSerializer()
    consents = NewConsentsSerializer(required=False)


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
