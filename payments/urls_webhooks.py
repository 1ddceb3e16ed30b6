"""Addresses the wallets call. Included under `webhooks/wallets/`."""

from django.urls import path

from payments.views_webhooks import wallet_notify

urlpatterns = [path("<slug:provider_key>/", wallet_notify, name="wallet_notify")]
