"""Filters the API's lists share."""

from __future__ import annotations

from django_filters import rest_framework as filters


class CreatedFilter(filters.FilterSet):
    """When a row was made: from `created_after` on, before `created_before`."""

    created_after = filters.IsoDateTimeFilter(
        field_name="created_at", lookup_expr="gte", help_text="From this time on."
    )
    created_before = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt", help_text="Before this time.")
