"""/api/v1/imports/: a placement file is sent, its columns are set, it is checked, then started; each step is a call."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_auth import key_of
from accounts.imports.error_file import error_file_parts
from accounts.imports.services import open_import, request_check, set_mapping, start_import
from accounts.imports.wording import problems_to_show, reworded
from accounts.models import ImportJob
from accounts.selectors import creditors_of_key, named_creditor_of_key
from common.api import NewestFirst, RateLimitHeaders
from common.api_filters import CreatedFilter


class ProblemSerializer(serializers.Serializer):
    line = serializers.IntegerField(allow_null=True)
    column = serializers.CharField(allow_blank=True)
    reason = serializers.CharField()


class ImportSerializer(serializers.ModelSerializer):
    creditor = serializers.CharField(source="creditor.code", read_only=True)
    headers = serializers.SerializerMethodField()
    failure = serializers.SerializerMethodField(help_text="Why it cannot go on, in the language asked for.")
    problems = serializers.SerializerMethodField(help_text="The first problems, each with its line or its column.")

    class Meta:
        model = ImportJob
        fields = [
            "id", "creditor", "file_name", "file_sha256", "encoding", "state", "failure", "headers", "columns",
            "rows_total", "rows_done", "rows_created", "rows_updated", "rows_unchanged", "rows_bad", "problems",
            "created_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_headers(self, job: ImportJob) -> list[str]:
        return list(job.options.get("headers", []))

    def get_failure(self, job: ImportJob) -> str:
        return reworded(job.failure)

    @extend_schema_field(ProblemSerializer(many=True))
    def get_problems(self, job: ImportJob) -> list[dict[str, Any]]:
        return problems_to_show(job.problems)


class NewImportSerializer(serializers.Serializer):
    file = serializers.FileField(help_text="CSV or XLSX with a header row.")
    creditor = serializers.CharField(required=False, help_text="The creditor's code; may be left out with its own key.")
    portfolio = serializers.CharField(required=False, default="", max_length=120)


class MappingSerializer(serializers.Serializer):
    columns = serializers.DictField(child=serializers.CharField(), help_text="Field -> header of the file.")
    options = serializers.DictField(required=False, default=dict, help_text="date_format, decimal, currency, ...")


class ImportFilter(CreatedFilter):
    creditor = filters.CharFilter(field_name="creditor__code")

    class Meta:
        model = ImportJob
        fields = ["creditor", "state", "file_name", "file_sha256"]


class ImportViewSet(RateLimitHeaders, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Sending a file twice is harmless: accounts are recognised by the creditor's reference."""

    queryset = ImportJob.objects.none()
    serializer_class = ImportSerializer
    scopes = {"GET": "imports:write", "POST": "imports:write", "PUT": "imports:write"}
    pagination_class = NewestFirst
    filterset_class = ImportFilter
    parser_classes = [MultiPartParser, JSONParser]

    def get_queryset(self) -> QuerySet[ImportJob]:
        return ImportJob.objects.filter(creditor__in=creditors_of_key(key_of(self.request))).select_related("creditor")

    @extend_schema(request={"multipart/form-data": NewImportSerializer}, responses={201: ImportSerializer})
    def create(self, request: Request) -> Response:
        form = NewImportSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        creditor = named_creditor_of_key(key_of(request), form.validated_data.get("creditor", ""))
        file: UploadedFile = form.validated_data["file"]
        job = open_import(
            creditor=creditor, file=file, file_name=file.name or "", portfolio_name=form.validated_data["portfolio"]
        )
        return Response(ImportSerializer(job).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=MappingSerializer, responses=ImportSerializer)
    @action(detail=True, methods=["put"])
    def mapping(self, request: Request, pk: UUID) -> Response:
        form = MappingSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(ImportSerializer(set_mapping(self.get_object(), **form.validated_data)).data)

    @extend_schema(request=None, responses={202: ImportSerializer})
    @action(detail=True, methods=["post"])
    def check(self, request: Request, pk: UUID) -> Response:
        """Check every row without writing anything; look at `state`, `problems` and the counts."""
        return Response(ImportSerializer(request_check(self.get_object())).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses={202: ImportSerializer})
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: UUID) -> Response:
        return Response(ImportSerializer(start_import(self.get_object())).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def errors(self, request: Request, pk: UUID) -> StreamingHttpResponse:
        """The rows that were left out, as given, each with its reason: correct and send again."""
        headers = {"Content-Disposition": 'attachment; filename="errors.csv"'}
        parts = error_file_parts(self.get_object())
        return StreamingHttpResponse(parts, content_type="text/csv; charset=utf-8", headers=headers)
