"""What staff and machines may see of a person's wallets: names and last digits, never what a wallet is charged by.

The secrets are real ones of the simulated wallets, looked for in every page a signed-in person can open, in every
answer of the API, in every event and in every file. The last test plants one where it must be found.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Account, Event, WebhookDelivery
from common import panels
from common.clock import now
from payments.debtor_plans import first_days
from payments.models import Attempt, ProviderEvent
from payments.services import create_link
from tests import factories
from tests.api.conftest import client_of
from tests.pages_debtor.conftest import running_wallet  # noqa: F401 - the simulators, as the debtor's pages use them
from tests.pages_debtor.helpers import Debtor
from tests.pages_debtor.saved_helpers import cardholder
from tests.pages_debtor.test_agreements import HIDDEN
from wallets.models import Mandate, PaymentMethod, Provider
from wallets.sandbox.paypal.world import PAYER

pytestmark = pytest.mark.django_db(transaction=True)
ROLES = ("agent", "lead", "admin")
OUTSIDE = (
    "p/",
    "api/",
    "i18n/",
    "webhooks/",
    "stop/",
    "styleguide/",
    "sandbox/",
    "healthz",
    "readyz",
    "metrics",
)
# Pages that show methods, agreements or payments: the search is worth nothing if one of them was not opened.
MUST_OPEN = {
    "agent": {"account_page", "mandate_change", "work_list", "search", "payment_list", "ending_list"},
    "lead": {"account_page", "mandate_change", "payment_list", "ending_list", "account_list", "account_export"},
    "admin": {"account_page", "payment_list", "provider_list", "provider_edit", "account_export"},
}


class Story:
    """`secrets` are what nobody may see; `seen` is what staff see of the same wallet."""

    def __init__(self, account: Account, secrets: set[str], seen: str) -> None:
        self.account, self.secrets, self.seen = account, {secret for secret in secrets if secret}, seen

    def leaks(self, text: str) -> set[str]:
        return {secret for secret in self.secrets if secret in text}


def with_a_saved_wallet(running: Any, settings: Any, key: str) -> Story:
    """Paid, saved, charged by one tap, and an agreement that draws on it, all on the pages of the debtor."""
    holder = cardholder(running, settings, key)
    method = holder.save()
    holder.tap(method, choice="other", other="20.00")
    page = holder.debtor.read("mandate_terms", count="3", first=first_days("Asia/Shanghai")[0].isoformat(), wallet=key)
    holder.debtor.send("mandate_start", **dict(HIDDEN.findall(page)), provider=key, agreed="on")
    mandate = Mandate.objects.get()
    assert mandate.state == "active" and method.token
    payer = {PAYER["email_address"], PAYER["account_id"]} if key == "paypal" else {"4242424242424242", "cus_"}
    return Story(holder.debtor.account, {method.token, mandate.provider_reference, *payer}, method.display_name)


def with_a_phone(running: Any, settings: Any) -> Story:
    """A prompt to a phone number that is nobody's on file."""
    running.control.post("reset")
    settings.SANDBOX, settings.WALLET_SANDBOX_URL = True, running.base_url
    settings.PUBLIC_URL = "http://testserver"
    Provider.objects.create(key="mpesa", name="M-Pesa", status="vetted", currencies=["KES"])
    person = factories.debtor(birth_year="1985", country="KE", time_zone="Africa/Nairobi")
    account = factories.account(person=person, placement=factories.portfolio(person.creditor), currency="KES")
    link, url = create_link(account)
    debtor = Debtor(account, link, url.rstrip("/").rpartition("/")[2], Client())
    fields = {"choice": "full", "provider": "mpesa", "request_key": debtor.form_key()}
    assert debtor.send("pay_start", **fields, phone="0712 987 654").status_code == 303
    assert Attempt.objects.exists()
    return Story(account, {"712987654", "712 987 654"}, "M-Pesa")


@pytest.fixture(params=["stripe", "paypal", "mpesa"])
def story(request, running_wallet, settings, db) -> Story:  # noqa: F811
    if request.param == "mpesa":
        return with_a_phone(running_wallet, settings)
    return with_a_saved_wallet(running_wallet, settings, request.param)


@pytest.fixture
def card(running_wallet, settings, db) -> Story:  # noqa: F811
    return with_a_saved_wallet(running_wallet, settings, "stripe")


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[URLPattern]:
    for one in (resolver or get_resolver()).url_patterns:
        path = prefix + str(one.pattern)
        sign_in = isinstance(one, URLResolver) and "allauth" in str(one.urlconf_name)
        if sign_in or path.lstrip("^/").startswith(OUTSIDE):
            continue
        yield from routes(one, path) if isinstance(one, URLResolver) else [one]


def addresses(account: Account) -> Iterator[tuple[str, str]]:
    """Every page of ours that a person can be at, with everything of this story that fits into its address."""
    names: dict[str, list[Any]] = {
        "reference": [account.reference, *_references(account)],
        "key": list(Provider.objects.values_list("key", flat=True)),
        "status": ["switched_off"],
        "change": ["end", "pause"],
        "page": ["account"],
        "name": [panel.name for panel in panels.for_page("account")],
        "schedule_id": [1], "user_id": [1], "hold_id": [1], "key_id": [1], "event_id": [1], "number": [1],
    }  # fmt: skip
    for route in routes():
        wanted = list(route.pattern.converters)
        if not route.name or len(wanted) > 3 or set(wanted) - set(names):
            continue
        fillings: list[dict[str, Any]] = [{}]
        for name in wanted:
            fillings = [{**filled, name: value} for filled in fillings for value in names[name]]
        for filled in fillings:
            try:
                yield route.name, reverse(route.name, kwargs=filled)
            except NoReverseMatch:
                continue


def _references(account: Account) -> list[str]:
    payments, mandates = account.payments.all(), Mandate.objects.filter(account=account)
    return [row.reference for row in [*payments[:2], *mandates]]


def body(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("utf-8", "replace")


def opened(client: Client, account: Account) -> dict[str, str]:
    """The pages that opened, as text: name to everything shown under it."""
    shown: dict[str, str] = {}
    for name, address in addresses(account):
        response = client.get(address)
        assert response.status_code < 500, address
        if response.status_code == 200:
            shown[name] = shown.get(name, "") + body(response)
    return shown


@pytest.mark.parametrize("role", ROLES)
def test_no_page_of_staff_shows_what_a_wallet_is_charged_by(story, role, installed, sign_in):
    client = sign_in(factories.user(role=role, email=f"{role}@agency.example", name=role.title()))
    shown = opened(client, story.account)
    missing = {name for name in MUST_OPEN[role] if name not in shown} - _not_of_this(story)
    assert not missing, f"not opened: {missing}"
    assert story.seen in shown["account_page"] or story.seen in shown["payment_list"]
    assert {name: story.leaks(text) for name, text in shown.items() if story.leaks(text)} == {}


def _not_of_this(story: Story) -> set[str]:
    return set() if Mandate.objects.exists() else {"mandate_change"}


@pytest.mark.parametrize("role", ["agent", "lead"])
def test_the_list_of_agreements_to_end_shows_no_token(card, role, sign_in):
    late = {"state": "revoked", "revoke_due_at": now(), "revoke_tries": 9, "ended_at": now()}
    Mandate.objects.update(**late)
    reference = Mandate.objects.get().reference
    client = sign_in(factories.user(role=role, email=f"{role}@agency.example", name=role.title()))
    for address in (reverse("ending_list"), reverse("ending_seen", args=[reference])):
        page = body(client.get(address))
        assert reference in page or address != reverse("ending_list")
        assert card.leaks(page) == set()


def test_no_answer_of_the_api_tells_it(story):
    client = client_of(story.account.creditor)
    answers = {}
    for name in ("creditors", "debtors", "accounts", "payments", "payment-links", "webhook-deliveries", "imports"):
        answer = client.get(f"/api/v1/{name}/")
        assert answer.status_code == 200, name
        answers[name] = body(answer)
        for row in answer.json().get("results", []):
            own = row.get("reference") or row.get("id")
            found = client.get(f"/api/v1/{name}/{own}/")
            assert found.status_code in (200, 404), f"{name}/{own}"
            answers[f"{name}/{own}"] = body(found)
    assert story.account.reference in answers["accounts"] and len(answers) > 8
    assert {name: story.leaks(text) for name, text in answers.items() if story.leaks(text)} == {}


def test_no_event_notice_or_delivery_keeps_it(story):
    rows: list[Any] = list(Event.objects.filter(Q(account=story.account) | Q(account=None)))
    assert {"payment.started"} <= {row.kind for row in rows}
    told = [str(row.data) for row in rows]
    told += [str(row.facts) for row in ProviderEvent.objects.all()]
    told += [str(row.__dict__) for row in WebhookDelivery.objects.all()]
    assert [text for text in told if story.leaks(text)] == []


def test_no_table_keeps_in_plain_text_what_a_saved_wallet_is_charged_by(card):
    held = PaymentMethod.objects.filter(origin="payment").get().token
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
            " AND data_type IN ('text', 'character varying', 'jsonb', 'ARRAY')"
        )
        places = cursor.fetchall()
        kept = []
        for table, column in places:
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE "{column}"::text LIKE %s', [f"%{held}%"])
            kept += [f"{table}.{column}"] if cursor.fetchone()[0] else []
    assert len(places) > 300 and kept == []


def test_the_statement_and_every_page_of_the_debtor_keep_it_too(card, settings):
    link, url = create_link(card.account)
    debtor = Debtor(card.account, link, url.rstrip("/").rpartition("/")[2], Client())
    debtor.identify()
    reference = Mandate.objects.get().reference
    for name, *args in [
        ("pay",),
        ("debtor_wallets",),
        ("debtor_documents",),
        ("debtor_statement",),
        ("debtor_statement_file", "csv"),
        ("mandate_page", reference),
        ("debtor_wallet_remove", str(PaymentMethod.objects.filter(origin="payment").get().pk)),
    ]:
        answer = debtor.open(name, *args)
        assert answer.status_code == 200, name
        assert card.leaks(body(answer)) == set(), name


def test_a_token_that_did_leak_would_be_found(card, installed, sign_in):
    method = PaymentMethod.objects.filter(origin="payment").get()
    PaymentMethod.objects.filter(pk=method.pk).update(hint=method.token)
    client = sign_in(factories.user(role="lead", email="lena@agency.example", name="Lena"))
    shown = opened(client, card.account)
    assert card.leaks(shown["account_page"]) == {method.token}
    assert card.leaks(shown["panel"]) == {method.token}
