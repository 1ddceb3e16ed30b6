"""Addresses under `p/` that belong to messages; see `payments.urls_debtor` for the rest."""

from django.urls import path

from reminders.hardship import urls as hardship
from reminders.views_debtor import channel, complaint, complaint_again, feedback, new_link, push, write

urlpatterns = [
    path("<str:token>/messages/write/", write, name="debtor_write"),
    path("<str:token>/preferences/channel/", channel, name="debtor_channel"),
    path("<str:token>/preferences/push/", push, name="debtor_push"),
    path("<str:token>/complaint/", complaint, name="debtor_complaint"),
    path("<str:token>/complaint/<uuid:complaint_id>/again/", complaint_again, name="debtor_complaint_again"),
    path("<str:token>/feedback/", feedback, name="debtor_feedback"),
    path("<str:token>/new-link/", new_link, name="debtor_new_link"),
    *hardship.debtor,
]
