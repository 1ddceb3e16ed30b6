"""Messages answer to the policy packs: planned under one law, they leave under the law of the moment or not at all."""

from __future__ import annotations

from datetime import timedelta

from accounts.models import Debtor, User
from common.clock import now
from compliance.models import ContactCount, ContactEntry, Decision, PolicyPack
from compliance.pack_register import propose, put_in_force, sign_off
from reminders.models import Message
from reminders.services import dispatch_due, queue_message
from tests.reminders.conftest import queue_reminder


def send(message: Message) -> Message:
    dispatch_due()
    message.refresh_from_db()
    return message


def enact(rule, *, pack_id="trial", country="CN", version="1"):
    """A pack of one rule, from proposal to force, by three people."""
    signer, enforcer = User.objects.get(email="signs@packs.example"), User.objects.get(email="enforces@packs.example")
    proposer = User.objects.create(email=f"p{version}@packs.example", role="admin")
    body = {
        "schema": "policy-pack/1",
        "pack": {"id": pack_id, "version": version, "jurisdiction": {"country": country}},
        "rules": [{"strength": "law", "scope": {"roles": "all", "channels": "all"}, **rule}],
    }
    return put_in_force(sign_off(propose(body, by=proposer), by=signer, note="read"), by=enforcer)


CAP = {
    "id": "TRIAL-CAP",
    "type": "cap",
    "params": {
        "count": "attempts", "channels_counted": "all", "max": 1, "window": {"kind": "rolling_days", "n": 7},
        "per": ["person"],
    },
}  # fmt: skip
DENY = {"id": "TRIAL-DENY", "type": "audience", "params": {"deny_if": "debt.product"}}


def test_a_reminder_leaves_under_the_packs_in_force_and_says_so(outbox, queued):
    row = send(queued)
    decision = Decision.objects.get(pk=row.facts["decision"])
    assert row.state == "sent"
    assert [pack.split()[0] for pack in decision.packs] == ["cn", "schemes", "house"]
    entry = ContactEntry.objects.get()
    assert (entry.state, entry.source, entry.channel) == ("done", f"message:{row.pk}", "sms")


def test_a_cap_over_a_season_counts_what_is_older_than_two_months(outbox, account, queued):
    season = {**CAP["params"], "window": {"kind": "rolling_days", "n": 120}}
    enact({**CAP, "params": season})
    ContactEntry.objects.create(
        debtor=account.debtor, accounts=[account.pk], at=now() - timedelta(days=100), channel="email", state="done"
    )
    row = send(queued)
    assert row.state != "sent" and not outbox.messages()
    assert "TRIAL-CAP" in Decision.objects.get().rules


def test_where_no_pack_is_in_force_nothing_of_collection_leaves(outbox, account, queued):
    PolicyPack.objects.filter(pack_id="cn").delete()
    row = send(queued)
    assert row.state == "blocked" and "No policy pack of this country" in row.reason
    assert not outbox.messages() and not ContactEntry.objects.exists()
    assert Decision.objects.get().verdict == "review"


def test_a_house_rule_alone_or_a_city_alone_covers_nobody(outbox, account, queued):
    PolicyPack.objects.exclude(pack_id__in=["house", "schemes"]).delete()
    assert send(queued).state == "blocked"


def test_what_the_person_has_just_asked_for_still_goes(outbox, account):
    PolicyPack.objects.all().delete()
    link = queue_message(account, purpose="payment_link", occasion="asked", channels=("sms",))
    assert send(link).state == "sent"


def test_a_rule_that_comes_into_force_while_a_message_waits_changes_what_becomes_of_it(outbox, account, queued):
    enact(DENY)
    row = send(queued)
    assert row.state == "blocked"
    assert Decision.objects.order_by("pk")[0].rules == ["TRIAL-DENY"]
    assert not outbox.messages()


def test_a_cap_of_a_pack_defers_to_its_first_free_day(outbox, account, queued):
    enact(CAP)
    assert send(queued).state == "sent"
    answer = queue_message(account, purpose="refund_done", occasion="r", channels=("email",))
    Message.objects.filter(pk=answer.pk).update(facts={})
    row = send(answer)
    assert row.state == "due" and now() + timedelta(days=6) < row.due_at <= now() + timedelta(days=7)


def test_a_message_that_was_refused_by_the_provider_gives_its_place_back(outbox, account, queued):
    enact(CAP)
    outbox.set_faults(api="error_code", api_code="21211", times=1)
    assert send(queued).state == "failed"
    assert not ContactEntry.objects.exclude(state="released").exists()


WANTS = {"id": "TRIAL-WORDS", "type": "content", "params": {"must_include": ["licence_number"]}}


def test_wording_the_law_requires_and_the_text_lacks_keeps_the_message_back(outbox, account, queued):
    enact(WANTS)
    Message.objects.update(channels_left=[])
    row = send(queued)
    assert row.state == "blocked" and "licence_number" in row.reason
    assert not outbox.messages()
    assert not ContactEntry.objects.exclude(state="released").exists()
    assert sum(ContactCount.objects.values_list("count", flat=True)) == 0
    said = Decision.objects.order_by("pk").last()
    assert (said.verdict, said.rules) == ("block", ["TRIAL-WORDS"])


def test_with_the_wording_it_goes(outbox, account, queued):
    enact(DENY | {"id": "T", "type": "content", "params": {"must_include": ["creditor_name"]}})
    assert send(queued).state == "sent"


AFTER_STAY = {
    "id": "TRIAL-STAY",
    "type": "freeze",
    "params": {"trigger": "moratorium", "over": "person", "blocks": ["contact"], "until": "moratorium_over",
               "then": "discharge_check"},
}  # fmt: skip


def test_an_allowance_with_a_condition_nobody_has_met_is_no_allowance(outbox, account, queued):
    from compliance.contact_ledger import note

    enact(AFTER_STAY)
    note(account.debtor_id, tags=["moratorium"], at=now() - timedelta(days=9))
    note(account.debtor_id, tags=["moratorium_over"], at=now() - timedelta(days=2))
    Message.objects.update(channels_left=[])
    row = send(queued)
    first = Decision.objects.order_by("pk")[0]
    assert (first.verdict, first.requirements) == ("allow_with", ["discharge_check"])
    assert row.state == "blocked" and "discharge_check" in row.reason
    assert not outbox.messages()


def test_a_person_whose_number_lies_in_a_country_without_a_pack_is_left_to_people(outbox, account):
    from accounts.models import ContactPoint

    ContactPoint.objects.filter(kind="phone").delete()
    ContactPoint.objects.create(debtor=account.debtor, kind="phone", value="+81312345678")
    Debtor.objects.filter(pk=account.debtor_id).update(country="CN")
    row = send(queue_reminder(account, left=()))
    assert row.state == "blocked" and "No policy pack of this country" in row.reason
