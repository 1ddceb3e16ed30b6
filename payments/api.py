"""/api/v1/: payment links and payments."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import IDEMPOTENCY_HEADER, REFERENCE
from accounts.api_auth import key_of
from accounts.selectors import access_account_of_key, accounts_of_key
from common.api import NewestFirst, RateLimitHeaders, idempotent
from common.errors import NotFound
from common.ids import row_id_of
from common.money import Money
from payments.api_filters import LinkFilter, PaymentFilter
from payments.models import Payment, PaymentLink
from payments.serializers import NewLinkSerializer, PaymentLinkSerializer, PaymentSerializer
from payments.services.links import create_link


class MadeLinkSerializer(PaymentLinkSerializer):
    url = serializers.URLField(help_text="Told once: only a hash of it is kept.")

    class Meta(PaymentLinkSerializer.Meta):
        fields = [*PaymentLinkSerializer.Meta.fields, "url"]


class PaymentLinkViewSet(RateLimitHeaders, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    queryset = PaymentLink.objects.none()
    serializer_class = PaymentLinkSerializer
    scopes = {"GET": "payments:read", "POST": "links:write"}
    pagination_class = NewestFirst
    filterset_class = LinkFilter

    def get_queryset(self) -> QuerySet[PaymentLink]:
        return PaymentLink.objects.filter(account__in=accounts_of_key(key_of(self.request))).select_related("account")

    @extend_schema(request=NewLinkSerializer, responses={201: MadeLinkSerializer}, parameters=[IDEMPOTENCY_HEADER])
    @idempotent
    def create(self, request: Request) -> Response:
        form = NewLinkSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wanted = form.validated_data
        account = access_account_of_key(key_of(request), wanted["account"])
        minor = wanted.get("amount_minor")
        link, url = create_link(
            account,
            language=wanted["language"],
            amount=Money(minor, account.currency) if minor else None,
            valid_days=wanted["valid_days"],
        )
        return Response(PaymentLinkSerializer(link).data | {"url": url}, status=status.HTTP_201_CREATED)


class PaymentViewSet(RateLimitHeaders, mixins.ListModelMixin, viewsets.GenericViewSet):
    queryset = Payment.objects.none()
    serializer_class = PaymentSerializer
    scopes = {"GET": "payments:read"}
    pagination_class = NewestFirst
    filterset_class = PaymentFilter
    lookup_field = "reference"

    def get_queryset(self) -> QuerySet[Payment]:
        return Payment.objects.filter(account__in=accounts_of_key(key_of(self.request))).select_related("account")

    @extend_schema(responses=PaymentSerializer, parameters=[REFERENCE])
    def retrieve(self, request: Request, reference: str) -> Response:
        payment = self.get_queryset().filter(pk=row_id_of(reference) or 0).first()
        if payment is None:
            raise NotFound("There is no such payment, or it is not yours to see.")
        return Response(PaymentSerializer(payment).data)
