"""Addresses under `p/` that belong to messages; see `payments.urls_debtor` for the rest."""

from django.urls import path

from reminders.views_debtor import channel, new_link, push, write

urlpatterns = [
    path("<str:token>/messages/write/", write, name="debtor_write"),
    path("<str:token>/preferences/channel/", channel, name="debtor_channel"),
    path("<str:token>/preferences/push/", push, name="debtor_push"),
    path("<str:token>/new-link/", new_link, name="debtor_new_link"),
]
