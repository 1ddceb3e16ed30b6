"""The account page: what it shows to whom, and what its forms do once."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Event, Hold, Note
from accounts.services import add_note, end_hold, place_hold
from common.errors import Conflict, Forbidden
from payments.models import PaymentLink
from reminders.models import Message

pytestmark = pytest.mark.django_db


def page(client, account, **params) -> str:
    return client.get(reverse("account_page", args=[account.reference]), params).content.decode()


def kinds(account) -> list[str]:
    return list(Event.objects.filter(account=account).order_by("pk").values_list("kind", flat=True))


def test_one_screen_says_who_what_why_and_whether_to_contact(account, agent, sign_in, installed):
    html = page(sign_in(agent), account)
    for words in ("Wang Fang", "¥1,250.00", "40 days", "May I contact now?", "What happens next", "Timeline"):
        assert words in html


def test_contact_details_are_masked_until_asked_for_and_the_asking_is_recorded(account, agent, sign_in):
    client = sign_in(agent)
    email = account.debtor.contact_points.get(kind="email").value
    phone = account.debtor.contact_points.get(kind="phone").value
    assert email not in page(client, account)
    client.post(reverse("account_reveal", args=[account.reference]), {"token": "t1"})
    html = page(client, account)
    assert email in html
    assert phone in html
    event = Event.objects.get(kind="personal_data.seen")
    assert event.actor == agent
    assert email not in str(event.data)


def test_the_reveal_of_one_account_shows_no_other(account, agent, sign_in):
    from tests import factories

    other = factories.account()
    client = sign_in(agent)
    client.post(reverse("account_reveal", args=[account.reference]), {"token": "t1"})
    assert other.debtor.contact_points.get(kind="email").value not in page(client, other)


def test_a_creditor_sees_a_masked_person_and_no_private_words(account, agent, bank_user, sign_in):
    add_note(account, author=agent, text="Her mother is ill")
    place_hold(account, kind="hardship", reason="lost the job in May", by=agent)
    html = page(sign_in(bank_user), account)
    for private in ("Wang Fang", "Her mother", "lost the job", agent.name, "Send payment link"):
        assert private not in html
    assert "W••• F•••" in html
    assert "Hardship" in html


def test_a_note_sent_twice_is_kept_once_encrypted_and_shown(account, agent, sign_in):
    client = sign_in(agent)
    for _ in range(2):
        answer = client.post(
            reverse("account_note", args=[account.reference]), {"token": "same", "text": "Calls back on Friday"}
        )
        assert answer.status_code == 302
    note = Note.objects.get()
    assert note.text == "Calls back on Friday"
    assert "Friday" not in Note.objects.values_list("text", flat=True)[0]
    assert "Calls back on Friday" in page(client, account)
    assert kinds(account).count("note.added") == 1
    assert "Friday" not in str(Event.objects.get(kind="note.added").data)


def test_an_empty_note_is_refused_with_words(account, agent, sign_in):
    answer = sign_in(agent).post(
        reverse("account_note", args=[account.reference]), {"token": "t", "text": "  "}, follow=True
    )
    assert "required" in answer.content.decode()
    assert not Note.objects.exists()


def test_a_hold_is_pinned_at_once_and_blocks_contact_and_debit(account, agent, sign_in, installed):
    client = sign_in(agent)
    url = reverse("account_hold", args=[account.reference])
    for _ in range(2):
        client.post(url, {"token": "h1", "kind": "dispute", "reason": "Says it was paid in March"})
    hold = Hold.objects.get()
    assert {"contact", "debit"} <= set(hold.blocks)
    html = page(client, account)
    assert "Says it was paid in March" in html
    assert "A dispute hold stops contact." in html
    assert kinds(account)[-1] == "hold.placed"


def test_holds_that_protect_a_person_are_for_the_whole_person_and_a_lead_ends_them(account, agent, lead):
    hold = place_hold(account, kind="bankruptcy", reason="court letter", by=agent)
    assert hold.account is None
    with pytest.raises(Forbidden):
        end_hold(hold, account=account, reason="by mistake", by=agent)
    end_hold(hold, account=account, reason="discharged", by=lead)
    hold.refresh_from_db()
    assert hold.ends_at is not None
    with pytest.raises(Conflict):
        end_hold(hold, account=account, reason="again", by=lead)


def test_the_hold_of_another_person_cannot_be_ended_from_this_account(account, lead, sign_in):
    from tests import factories

    foreign = place_hold(factories.account(), kind="complaint", reason="x", by=lead)
    answer = sign_in(lead).post(
        reverse("account_hold_end", args=[account.reference, foreign.pk]), {"token": "t", "reason": "x"}
    )
    assert answer.status_code == 404
    foreign.refresh_from_db()
    assert foreign.ends_at is None


def test_a_lead_assigns_an_account_and_a_creditor_user_cannot_be_given_one(account, agent, lead, bank_user, sign_in):
    client = sign_in(lead)
    url = reverse("account_assign", args=[account.reference])
    client.post(url, {"token": "a1", "to": agent.pk})
    account.refresh_from_db()
    assert account.assigned_to == agent
    client.post(url, {"token": "a2", "to": bank_user.pk})
    account.refresh_from_db()
    assert account.assigned_to == agent


def test_a_payment_link_is_made_once_and_its_address_shown_once(account, agent, sign_in):
    client = sign_in(agent)
    for _ in range(2):
        client.post(reverse("account_link", args=[account.reference]), {"token": "l1"})
    assert PaymentLink.objects.count() == 1
    assert "/p/" in page(client, account)
    assert "shown this once" not in page(client, account)


def test_a_link_sent_by_staff_is_queued_once_under_the_strict_rules(account, agent, sign_in, installed):
    client = sign_in(agent)
    for _ in range(2):
        client.post(reverse("account_send_link", args=[account.reference]), {"token": "s1"})
    message = Message.objects.get()
    assert message.purpose == "overdue_friendly"  # the lenient purposes are for people who asked themselves


def test_nothing_is_sent_to_somebody_who_asked_us_to_stop(account, agent, sign_in, installed):
    place_hold(account, kind="cease", reason="wrote: stop", by=agent)
    answer = sign_in(agent).post(reverse("account_send_link", args=[account.reference]), {"token": "s1"}, follow=True)
    assert "Nothing is sent." in answer.content.decode()
    assert not Message.objects.exists()


def test_the_timeline_filters_and_goes_back_to_the_beginning(account, agent, sign_in):
    for number in range(25):
        add_note(account, author=agent, text=f"note number {number}")
    place_hold(account, kind="complaint", reason="rude letter", by=agent)
    client = sign_in(agent)
    url = reverse("account_page", args=[account.reference])
    first = client.get(url, {"group": "notes"}).context["timeline"]
    assert first.items[0].body == "note number 24"
    older = client.get(url, {"group": "notes", "before": first.older}).context["timeline"]
    assert older.items[-1].body == "note number 0"
    assert older.older == 0
    decisions = client.get(url, {"group": "decisions"}).context["timeline"]
    assert [str(item.title) for item in decisions.items] == ["Hold placed"]


def test_a_panel_can_be_fetched_alone(account, agent, sign_in):
    answer = sign_in(agent).get(reverse("panel", args=["account", "contacts", account.reference]))
    assert 'id="panel-contacts"' in answer.content.decode()
    assert "<html" not in answer.content.decode()
