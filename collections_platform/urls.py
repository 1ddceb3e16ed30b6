"""Every address of the platform, each app's own list under its prefix."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView

from collections_platform import health
from common.views_clock import move_clock
from common.views_panels import panel
from common.views_styleguide import styleguide
from wallets.gateway import WEBHOOKS

urlpatterns = [
    path(WEBHOOKS, include("payments.urls_webhooks")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("styleguide/", styleguide, name="styleguide"),
    path("panels/<slug:page>/<slug:name>/<str:reference>/", panel, name="panel"),
    path("p/", include("payments.urls_debtor")),
    path("p/", include("reminders.urls_debtor")),
    path("api/v1/", include("accounts.urls_api")),
    path("api/v1/", include("payments.urls_api")),
    path("", include("reminders.urls_webhooks")),
    path("imports/", include("accounts.urls_imports")),
    path("", include("accounts.urls")),
    path("", include("compliance.urls_staff")),
    path("", include("payments.urls_staff")),
    path("", include("payments.urls_refunds")),
    path("", include("reminders.urls_staff")),
    path("", include("wallets.urls_staff")),
    path("", include("analytics.urls")),
    path("sandbox/clock/", move_clock, name="sandbox_move_clock"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="api_docs"),
    path("api/redoc/", SpectacularRedocView.as_view(url_name="schema"), name="api_redoc"),
]
