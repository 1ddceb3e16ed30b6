"""/api/v1/: creditors, debtors, accounts and webhook endpoints, each within what the key may see."""

from __future__ import annotations

import base64
import secrets
from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_auth import key_of
from accounts.models import Account, Creditor, Debtor, WebhookDelivery, WebhookEndpoint
from accounts.placing import place_account
from accounts.placing_cells import NAMES, cells_of
from accounts.selectors import (
    access_account_of_key,
    access_debtor_of_key,
    accounts_of_key,
    creditors_of_key,
    debtors_of_key,
    named_creditor_of_key,
)
from accounts.serializers import (
    AccountSerializer,
    CreditorSerializer,
    DebtorSerializer,
    NewAccountSerializer,
    WebhookDeliverySerializer,
    WebhookEndpointSerializer,
)
from accounts.webhooks import replay
from common.api import NewestFirst, RateLimitHeaders, idempotent
from common.api_filters import CreatedFilter
from common.errors import Conflict, InvalidInput

REFERENCE = OpenApiParameter("reference", str, OpenApiParameter.PATH)
IDEMPOTENCY_HEADER = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=False)


class CreditorViewSet(RateLimitHeaders, viewsets.ReadOnlyModelViewSet):
    queryset = Creditor.objects.none()
    serializer_class = CreditorSerializer
    scopes = {"GET": "accounts:read"}
    lookup_field = "code"
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Creditor]:
        return creditors_of_key(key_of(self.request))


class DebtorFilter(filters.FilterSet):
    creditor = filters.CharFilter(field_name="creditor__code")

    class Meta:
        model = Debtor
        fields = ["creditor", "creditor_reference", "country", "language"]


class DebtorViewSet(RateLimitHeaders, viewsets.ReadOnlyModelViewSet):
    queryset = Debtor.objects.none()
    serializer_class = DebtorSerializer
    scopes = {"GET": "accounts:read"}
    pagination_class = NewestFirst
    filterset_class = DebtorFilter

    def get_queryset(self) -> QuerySet[Debtor]:
        return debtors_of_key(key_of(self.request)).select_related("creditor").prefetch_related("contact_points")


class AccountFilter(CreatedFilter):
    creditor = filters.CharFilter(field_name="creditor__code")
    debtor = filters.UUIDFilter(field_name="debtor_id")
    due_after = filters.DateFilter(field_name="due_date", lookup_expr="gte")
    due_before = filters.DateFilter(field_name="due_date", lookup_expr="lt")

    class Meta:
        model = Account
        fields = ["creditor", "status", "creditor_reference", "product", "segment", "currency"]


class AccountViewSet(RateLimitHeaders, mixins.ListModelMixin, viewsets.GenericViewSet):
    queryset = Account.objects.none()
    serializer_class = AccountSerializer
    scopes = {"GET": "accounts:read", "POST": "accounts:write"}
    pagination_class = NewestFirst
    filterset_class = AccountFilter
    lookup_field = "reference"

    def get_queryset(self) -> QuerySet[Account]:
        return accounts_of_key(key_of(self.request)).select_related("creditor", "portfolio")

    @extend_schema(responses=AccountSerializer, parameters=[REFERENCE])
    def retrieve(self, request: Request, reference: str) -> Response:
        return Response(AccountSerializer(access_account_of_key(key_of(request), reference)).data)

    @extend_schema(request=NewAccountSerializer, responses={201: AccountSerializer}, parameters=[IDEMPOTENCY_HEADER])
    @idempotent
    def create(self, request: Request) -> Response:
        """Place one account. Its reference is placed once: a second request with it is answered 409."""
        form = NewAccountSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        key, wanted = key_of(request), form.validated_data
        person = access_debtor_of_key(key, wanted["debtor"]["id"]) if "id" in wanted["debtor"] else None
        account = place_account(
            named_creditor_of_key(key, wanted.get("creditor") or (person.creditor.code if person else "")),
            cells_of(wanted),
            names=NAMES,
            debtor=person,
            portfolio_name=wanted.get("portfolio", ""),
            by=key.prefix,
        )
        return Response(AccountSerializer(account).data, status=status.HTTP_201_CREATED)


class WebhookEndpointViewSet(RateLimitHeaders, mixins.DestroyModelMixin, viewsets.ReadOnlyModelViewSet):
    """Where this creditor wants its notices. The signing secret is shown once, when the endpoint is made."""

    queryset = WebhookEndpoint.objects.none()
    serializer_class = WebhookEndpointSerializer
    scopes = {"GET": "webhooks:write", "POST": "webhooks:write", "DELETE": "webhooks:write"}
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[WebhookEndpoint]:
        return WebhookEndpoint.objects.filter(creditor__in=creditors_of_key(key_of(self.request)))

    @extend_schema(
        request=WebhookEndpointSerializer, responses={201: WebhookEndpointSerializer}, parameters=[IDEMPOTENCY_HEADER]
    )
    @idempotent
    def create(self, request: Request) -> Response:
        creditor = key_of(request).creditor
        if not creditor:
            raise InvalidInput("Webhook endpoints belong to a creditor: use a creditor's key.", field="key")
        form = WebhookEndpointSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        row = form.save(creditor=creditor, secret=secret)
        return Response(WebhookEndpointSerializer(row).data | {"secret": secret}, status=status.HTTP_201_CREATED)


class DeliveryFilter(filters.FilterSet):
    endpoint = filters.NumberFilter(field_name="endpoint_id")

    class Meta:
        model = WebhookDelivery
        fields = ["endpoint", "state", "kind"]


class WebhookDeliveryViewSet(RateLimitHeaders, viewsets.ReadOnlyModelViewSet):
    """The delivery log; a finished delivery can be sent again."""

    queryset = WebhookDelivery.objects.none()
    serializer_class = WebhookDeliverySerializer
    scopes = {"GET": "webhooks:write", "POST": "webhooks:write"}
    pagination_class = NewestFirst
    filterset_class = DeliveryFilter

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        return WebhookDelivery.objects.filter(endpoint__creditor__in=creditors_of_key(key_of(self.request)))

    @extend_schema(request=None, responses={202: None})
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, **kwargs: Any) -> Response:
        if not replay(self.get_object()):
            raise Conflict("This delivery is waiting or under way already.")
        return Response(status=status.HTTP_202_ACCEPTED)
