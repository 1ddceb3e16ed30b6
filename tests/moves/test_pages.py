"""The pages of the end of the road, as agents, leads and a creditor's people use them."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import Event
from payments.models import AccountMove
from payments.moves.asking import ask_move
from payments.moves.limits import set_rule
from payments.services import create_link
from tests import factories
from tests.moves.helpers import WHY, move, north
from tests.pages.conftest import plain_ground, signed_in
from wallets.models import Provider

pytestmark = [pytest.mark.django_db]
__all__ = ["plain_ground"]


def theirs(account):
    return factories.user(role="creditor", creditor=account.creditor)


def page(user, name, *args, **query):
    return signed_in(user).get(reverse(name, args=args), query)


def text(response) -> str:
    assert response.status_code in (200, 422), response.status_code
    return " ".join(response.content.decode().split())


def test_an_agent_asks_and_a_lead_agrees(account, agent, lead):
    sent = {"token": "t1", "kind": "write_off", "reason": WHY, "amount": ""}
    for _twice in range(2):
        signed_in(agent).post(reverse("account_end", args=[account.reference]), sent)
    asked = AccountMove.objects.get()
    assert "waits for a second person" in text(page(agent, "account_page", account.reference))
    assert asked.reference in text(page(lead, "move_list"))
    assert "I agree" in text(page(lead, "move_page", asked.reference))
    assert "I agree" not in text(page(agent, "move_page", asked.reference))
    signed_in(lead).post(reverse("move_decide", args=[asked.reference]), {"answer": "yes"})
    account.refresh_from_db()
    assert account.status == "written_off"
    shown = text(page(agent, "account_page", account.reference))
    assert "Written off" in shown and "of it stands" in shown


def test_an_error_is_said_at_its_field(account, lead):
    sent = {"token": "t1", "kind": "close", "reason": WHY, "why": ""}
    answer = signed_in(lead).post(reverse("account_end", args=[account.reference]), sent)
    assert answer.status_code == 422 and "Choose why it is closed." in text(answer)
    sent = {"token": "t2", "kind": "write_off", "reason": WHY, "amount": "9999.00"}
    answer = signed_in(lead).post(reverse("account_end", args=[account.reference]), sent)
    assert answer.status_code == 422 and "no more than is owed" in text(answer)
    assert not AccountMove.objects.exists()


def test_turning_down_needs_a_word(account, agent, lead):
    asked = ask_move(account, "write_off", reason=WHY, by=agent)
    answer = signed_in(lead).post(reverse("move_decide", args=[asked.reference]), {"answer": "no", "note": ""})
    assert answer.status_code == 422 and "Say why" in text(answer)


def test_taken_back_on_its_page(account, agent, lead, admin):
    done = move(account, "recall", by=agent, second=lead)
    assert "Take it over again" in text(page(lead, "account_end", account.reference))
    signed_in(lead).post(reverse("move_undo", args=[done.reference]), {"token": "b1", "reason": "Sent to us again."})
    undo = AccountMove.objects.get(kind="undo")
    signed_in(admin).post(reverse("move_decide", args=[undo.reference]), {"answer": "yes"})
    account.refresh_from_db()
    assert (account.status, account.balance_minor) == ("open", 125_000)


def test_a_creditor_sees_its_own_and_may_only_recall(account, lead):
    person = theirs(account)
    shown = text(page(person, "account_page", account.reference))
    assert "Take it back from us" in shown
    assert page(person, "account_end", account.reference).status_code == 403
    sent = {"token": "c1", "kind": "write_off", "reason": WHY}
    assert signed_in(person).post(reverse("account_recall", args=[account.reference]), sent).status_code == 422
    signed_in(person).post(reverse("account_recall", args=[account.reference]), sent | {"kind": "recall"})
    account.refresh_from_db()
    assert account.status == "recalled" and AccountMove.objects.get().source == "creditor"
    other = factories.account()
    assert page(person, "account_recall", other.reference).status_code == 404


def test_an_agencys_list_has_each_account_once_and_leaves_a_trace(account, agent, lead):
    move(account, "agency", by=agent, second=lead)
    url = reverse("agency_file", args=[north().pk])
    first = signed_in(lead).post(url, {"what": "new"}).content.decode()
    again = signed_in(lead).post(url, {"what": "new"}).content.decode()
    every = signed_in(lead).post(url, {"what": "all"}).content.decode()
    assert account.reference in first and "1250.00" in first and "Wang Fang" in first
    assert account.reference not in again and account.reference in every
    assert Event.objects.filter(account=account, kind="personal_data.seen", actor=lead).count() == 2
    assert signed_in(agent).post(url).status_code == 403


def csv_of(*lines: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("recall.csv", "\n".join(lines).encode())


def test_a_creditors_file_recalls_what_it_names_and_says_what_it_could_not(account):
    person, url = theirs(account), reverse("recall_file")
    rows = (
        "account_reference,reason",
        f"{account.creditor_reference},Sold",
        "NOBODY,",
        f"{account.creditor_reference},",
    )
    sent = {"creditor": account.creditor.pk, "do": "check", "file": csv_of(*rows)}
    shown = text(signed_in(person).post(url, sent))
    account.refresh_from_db()
    assert account.status == "open" and "Would be recalled" in shown and "NOBODY" in shown
    signed_in(person).post(url, sent | {"do": "recall", "file": csv_of(*rows)})
    account.refresh_from_db()
    assert account.status == "recalled" and AccountMove.objects.get().reason == "Sold"
    shown = text(signed_in(person).post(url, sent | {"do": "recall", "file": csv_of(*rows)}))
    assert AccountMove.objects.count() == 1 and "Recalled before" in shown


def test_a_file_without_the_column_is_refused_whole(account):
    sent = {"creditor": account.creditor.pk, "do": "recall", "file": csv_of("name", "Wang")}
    answer = signed_in(theirs(account)).post(reverse("recall_file"), sent)
    assert answer.status_code == 422 and "account_reference" in text(answer)


def link_page(client, account) -> str:
    _link, url = create_link(account)
    return text(client.get("/" + url.split("/", 3)[3]))


@pytest.mark.parametrize(
    ("kind", "more", "words"),
    [
        ("recall", {}, "Harbour Bank looks after this account again"),
        ("agency", {}, "North Agency looks after this account now"),
        ("write_off", {}, "We no longer ask for this debt"),
        ("close", {"why": "not_theirs"}, "turned out not to be yours"),
    ],
)
def test_the_payment_page_says_how_it_stands_and_whom_to_turn_to(client, account, agent, lead, kind, more, words):
    move(account, kind, by=agent, second=lead, **more)
    shown = link_page(client, account)
    assert words in shown and "Pay with" not in shown


def test_where_the_creditor_allows_it_people_may_still_pay_of_their_own_wish(client, account, agent, lead, admin):
    Provider.objects.create(key="alipay", name="Alipay", status="vetted", currencies=["CNY"])
    set_rule(account.creditor, by=admin, may_pay=True)
    move(account, "write_off", by=agent, second=lead)
    shown = link_page(client, account)
    assert "You do not have to pay this any more" in shown and "1,250.00" in shown
