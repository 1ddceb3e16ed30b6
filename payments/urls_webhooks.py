"""Addresses the wallets call. Included under `webhooks/wallets/`."""

from django.urls import path, re_path

from payments.views_webhooks import wallet_notify

urlpatterns = [
    path("<slug:provider_key>/", wallet_notify, name="wallet_notify"),
    # Wallets that sign nothing: what a call may be about, and a token over it, are in the address.
    re_path(r"^(?P<provider_key>[-\w]+)/(?:[0-9A-Za-z.]+/){3}$", wallet_notify),
]
