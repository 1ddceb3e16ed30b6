"""/api/v1/recalls/: a creditor's system takes an account back."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import IDEMPOTENCY_HEADER
from accounts.api_auth import key_of
from accounts.models import Account
from accounts.selectors import access_account_of_key, accounts_of_key
from common.api import NewestFirst, RateLimitHeaders, idempotent
from payments.models import AccountMove
from payments.moves.asking import ask_move
from payments.serializers import MoveSerializer, RecallSerializer
from payments.services.recovering import standing_moves


class NewRecallSerializer(RecallSerializer):
    account = serializers.CharField(help_text="The account's public reference.")


class RecallViewSet(RateLimitHeaders, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    queryset = AccountMove.objects.none()
    serializer_class = MoveSerializer
    scopes = {"GET": "accounts:read", "POST": "accounts:write"}
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[AccountMove]:
        rows = AccountMove.objects.filter(account__in=accounts_of_key(key_of(self.request)), kind="recall")
        return rows.exclude(state__in=["asked", "refused"]).select_related("account")

    @extend_schema(request=NewRecallSerializer, responses={201: MoveSerializer}, parameters=[IDEMPOTENCY_HEADER])
    @idempotent
    def create(self, request: Request) -> Response:
        """Take an account back: nothing more is sent, called or debited from this moment. A payment that is under way
        at a wallet is awaited. Recalling what is recalled already answers with the recall that stands."""
        form = NewRecallSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wanted = form.validated_data
        account = access_account_of_key(key_of(request), wanted["account"])
        move = _standing(account) or ask_move(account, "recall", reason=wanted["reason"], by=None, source="api")
        return Response(MoveSerializer(move).data, status=status.HTTP_201_CREATED)


def _standing(account: Account) -> AccountMove | None:
    found = standing_moves(account) if account.status == "recalled" else []
    return found[0] if found else None
