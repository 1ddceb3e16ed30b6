"""Who may open what: every staff page, every role, and nobody else's rows."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver, reverse

from accounts.models import Hold
from common.clock import today
from common.money import Money
from compliance.given_notices import Told, record_notice
from compliance.models import Decision, PolicyPack
from payments.accrual.changing import terms_of
from payments.disputes.evidence import add_evidence, check_files
from payments.disputes.validation import make_notice
from payments.models import Agency, Attempt, InterestTerms, Payment, ReconciliationItem, RuleChange
from payments.moves.asking import ask_move
from payments.refunds import request_refund
from payments.services import apply_result
from reminders.message_texts import framed as framed_mail
from reminders.models import SendingLimit, Template
from reminders.services import queue_message
from tests import factories
from tests.accounts.hardship.cast import told
from tests.compliance.test_pack_register import body as pack_body
from tests.disputes.cast import decided as dispute_decided
from tests.disputes.cast import picture
from tests.disputes.cast import said as dispute_said
from tests.pages.conftest import signed_in
from tests.payments.deposit_rows import held_deposit
from tests.remittance.cast import approved_remittance
from tests.transfers.cast import recorded
from wallets.models import Provider
from wallets.providers.base import PaymentResult, PaymentState

pytestmark = pytest.mark.django_db

STAFF = {"agent", "lead", "admin", "compliance"}
EVERYONE = STAFF | {"creditor"}
SUPERVISORS = {"lead", "admin", "compliance"}
CONFIGURE = {"admin", "compliance"}

PAGES = {
    "work_list": STAFF,
    "approval_list": SUPERVISORS,
    "account_page": EVERYONE,
    "account_hold": STAFF,
    "account_hold_end": STAFF,
    "hardship_list": STAFF,
    "hardship_page": STAFF,
    "hardship_new": STAFF - {"admin"},
    "dispute_list": STAFF,
    "dispute_new": STAFF,
    "dispute_page": STAFF,
    "dispute_paper": STAFF,
    "dispute_letter": STAFF,
    "validation_page": STAFF,
    "validation_file": STAFF,
    "account_correction": STAFF,
    "account_statement": EVERYONE,
    "account_statement_file": EVERYONE,
    "account_receipt": EVERYONE,
    "search": EVERYONE,
    "dashboard": SUPERVISORS | {"creditor"},
    "account_list": EVERYONE,
    "account_export": EVERYONE,
    "payment_list": EVERYONE,
    "payment_page": EVERYONE,
    "refund_new": STAFF,
    "refund_list": STAFF,
    "refund_page": STAFF,
    "surplus_list": STAFF,
    "surplus_page": STAFF,
    "deposit_list": STAFF,
    "ending_list": STAFF,
    "notice_list": SUPERVISORS,
    "deposit_page": STAFF,
    "retry_list": SUPERVISORS,
    "retry_tries": SUPERVISORS,
    "reconciliation_list": SUPERVISORS,
    "reconciliation_item": SUPERVISORS,
    "remittance_list": SUPERVISORS | {"creditor"},
    "remittance_page": SUPERVISORS | {"creditor"},
    "remittance_file": SUPERVISORS | {"creditor"},
    "trust_page": SUPERVISORS,
    "account_end": STAFF,
    "account_recall": SUPERVISORS | {"creditor"},
    "move_list": STAFF,
    "move_page": STAFF,
    "agency_list": SUPERVISORS,
    "agency_edit": SUPERVISORS,
    "end_rule_list": CONFIGURE,
    "end_rule_edit": CONFIGURE,
    "recall_file": SUPERVISORS | {"creditor"},
    "bank_transfer_list": STAFF,
    "bank_transfer_new": STAFF,
    "promise_list": STAFF,
    "account_promise": STAFF,
    "promise_limits": SUPERVISORS,
    "guard_rails": SUPERVISORS,
    "bank_transfer_page": STAFF,
    "office_hours": CONFIGURE,
    "terms_list": CONFIGURE,
    "terms_edit": CONFIGURE,
    "rule_list": SUPERVISORS,
    "rule_page": SUPERVISORS,
    "rule_request": SUPERVISORS,
    "rule_new": CONFIGURE,
    "rule_change": CONFIGURE,
    "rule_end": CONFIGURE,
    "message_list": STAFF,
    "message_page": STAFF,
    "given_notice_list": STAFF,
    "given_notice_account": STAFF,
    "given_notice_document": STAFF,
    "given_notice_placement": SUPERVISORS,
    "given_notice_confirm": SUPERVISORS,
    "given_notice_take_back": SUPERVISORS,
    "template_list": SUPERVISORS,
    "template_page": SUPERVISORS,
    "template_compare": SUPERVISORS,
    "template_edit": CONFIGURE,
    "template_framed": SUPERVISORS,
    "schedule_list": SUPERVISORS,
    "schedule_detail": SUPERVISORS,
    "schedule_preview": SUPERVISORS,
    "sending_limits": SUPERVISORS,
    "sending_limit_edit": CONFIGURE,
    "schedule_new": CONFIGURE,
    "schedule_edit": CONFIGURE,
    "policy_list": SUPERVISORS,
    "policy_page": SUPERVISORS,
    "policy_file": SUPERVISORS,
    "policy_compare": SUPERVISORS,
    "policy_propose": CONFIGURE,
    "may_we": STAFF,
    "decision_list": STAFF,
    "decision_page": STAFF,
    "user_list": {"admin"},
    "user_new": {"admin"},
    "user_edit": {"admin"},
    "provider_list": CONFIGURE,
    "provider_edit": CONFIGURE,
    "provider_switch": CONFIGURE,
    "key_list": {"admin"},
    "delivery_list": CONFIGURE | {"creditor"},
}
ACTIONS = {
    "work_next": STAFF,
    "account_hands": STAFF,
    "account_finish": STAFF,
    "account_call": STAFF,
    "account_reveal": STAFF,
    "account_note": STAFF,
    "hardship_reveal": STAFF - {"admin"},
    "hardship_take": STAFF,
    "hardship_wish": STAFF,
    "dispute_take": STAFF,
    "dispute_ask": STAFF,
    "dispute_words": STAFF,
    "dispute_withdrawn": STAFF,
    "account_assign": SUPERVISORS,
    "account_link": STAFF,
    "account_send_link": STAFF,
    "account_correction_decide": SUPERVISORS,
    "promise_withdraw": STAFF,
    "guard_rail_decide": SUPERVISORS,
    "schedule_publish": CONFIGURE,
    "template_decide": CONFIGURE,
    "rule_decide": CONFIGURE,
    "policy_sign": {"compliance"},
    "policy_force": CONFIGURE,
    "policy_end": CONFIGURE,
    "payment_ask": STAFF,
    "payment_decide": SUPERVISORS,
    "provider_add": CONFIGURE,
    "provider_fee": CONFIGURE,
    "provider_merchant": CONFIGURE,
    "mandate_change": STAFF,
    "ending_seen": STAFF,
    "refund_approve": SUPERVISORS,
    "refund_act": STAFF,
    "refund_transfer": STAFF,
    "surplus_decide": SUPERVISORS,
    "deposit_decide": STAFF,
    "deposit_confirm": SUPERVISORS,
    "reconciliation_act": SUPERVISORS,
    "trust_record": SUPERVISORS,
    "trust_act": SUPERVISORS,
    "move_decide": STAFF,
    "move_undo": STAFF,
    "agency_file": SUPERVISORS,
    "bank_transfer_act": STAFF,
    "bank_transfer_confirm": SUPERVISORS,
    "bank_transfer_refuse": STAFF,
    "remittance_draft": SUPERVISORS,
    "remittance_approve": {"lead", "compliance"},
    "remittance_paid": {"admin"},
    "remittance_cancel": SUPERVISORS,
    "notice_seen": SUPERVISORS,
    "deposit_put_back": STAFF,
    "deposit_returned": STAFF,
    "user_reset_factor": {"admin"},
    "key_revoke": {"admin"},
    "delivery_replay": CONFIGURE | {"creditor"},
    "sandbox_move_clock": {"admin"},
}
OWN_APPS = (
    "accounts.views",
    "compliance.views",
    "analytics.views",
    "payments.views_staff",
    "reminders.views_staff",
    "reminders.hardship.views_staff",
    "reminders.views_templates",
    "wallets.views_",
)


@pytest.fixture
def cast(account, agent, lead, admin, compliance_officer, bank_user):
    return {"agent": agent, "lead": lead, "admin": admin, "compliance": compliance_officer, "creditor": bank_user}


def refundable(account, agent):
    """A payment of the account by Alipay, and a refund of a part of it that waits for a second person."""
    payment = Payment.objects.create(account=account, amount_minor=500, currency="CNY", source="link")
    provider = Provider.objects.get(key="alipay")
    attempt = Attempt.objects.create(
        payment=payment, provider=provider, merchant_reference="A1", state="pending", amount_minor=500, currency="CNY"
    )
    said = PaymentResult(state=PaymentState.SUCCEEDED, merchant_ref="A1", amount=attempt.amount)
    apply_result(attempt.pk, said, source="poll")
    payment.refresh_from_db()
    refund = request_refund(
        payment, amount=Money(100, "CNY"), purpose="owed_again", way="transfer", reason="why", by=agent
    )
    return {"reference": payment.reference}, {"reference": refund.reference}


def difference():
    provider = Provider.objects.get(key="alipay")
    return ReconciliationItem.objects.create(provider=provider, group_key="in:A9", kind="extra", currency="CNY")


def policies():
    one, other = (
        PolicyPack.objects.create(pack_id="p", version=version, body=pack_body(version), digest=version)
        for version in ("1", "2")
    )
    return {
        **{f"policy_{name}": {"policy_id": one.pk} for name in ("page", "file", "sign", "force", "end")},
        "policy_compare": {"policy_id": one.pk, "other_id": other.pk},
    }


def texts():
    one = Template.objects.get(key="overdue_friendly", channel="sms", language="en")
    other = Template.objects.create(key=one.key, channel="sms", language="en", version=2, body=one.body)
    place = {"key": one.key, "channel": "sms", "language": "en"}
    return {
        "template_page": place,
        "template_edit": place,
        "template_decide": {"template_id": other.pk},
        "template_compare": {"template_id": one.pk, "other_id": other.pk},
    }


def decided(account):
    row = {"action": "overdue_friendly", "verdict": "allow", "facts_digest": "x"}
    return Decision.objects.create(account=account, debtor=account.debtor, **row).pk


def notices(account, agent):
    given = {"given_by": "Harbour Bank", "given_on": today(), "way": "letter"}
    proof = SimpleUploadedFile("proof.pdf", b"%PDF-1.7")
    notice = record_notice(account, Told("validation_notice", **given, document=proof), by=agent)
    one = dict.fromkeys(("given_notice_document", "given_notice_confirm", "given_notice_take_back"), notice.pk)
    return {
        "given_notice_account": {"reference": account.reference},
        **{name: {"notice_id": number} for name, number in one.items()},
    }


def disputes(agent, lead):
    """One that runs, with a paper; one that is answered; and a notice for somebody in the United States."""
    runs = dispute_said(factories.account(), by=agent)
    (paper,) = add_evidence(runs, check_files([SimpleUploadedFile("a.png", picture())]), by=agent)
    answered = dispute_decided(dispute_said(factories.account()), lead)
    bank = factories.creditor(country="US", role="third_party_collector")
    person = factories.debtor(bank, country="US", time_zone="America/Chicago")
    owing = factories.account(person=person, placement=factories.portfolio(bank), currency="USD")
    notice = make_notice(owing, basis="charge_off", on=today(), language="en", by=agent)
    one = {"dispute_id": runs.pk}
    return {
        "dispute_new": {"reference": owing.reference},
        "validation_page": {"reference": owing.reference},
        "validation_file": {"reference": owing.reference, "notice_id": notice.pk, "language": "es"},
        **dict.fromkeys(("dispute_page", "dispute_take", "dispute_ask", "dispute_words", "dispute_withdrawn"), one),
        "dispute_paper": {**one, "evidence_id": paper.pk},
        "dispute_letter": {"dispute_id": answered.pk},
    }


def framed(readers) -> str:
    """A preview that each of them has kept for themselves, under one name."""
    with patch.object(framed_mail, "new_token", return_value="kept"):
        return {framed_mail.keep_document("<p>Hello</p>", user=reader) for reader in readers}.pop()


@pytest.fixture
def places(account, agent, installed, cast):
    hold = Hold.objects.create(debtor=account.debtor, account=account, kind="dispute", reason="says it is paid")
    Provider.objects.create(key="alipay", name="Alipay", status="vetted")
    rule = InterestTerms.objects.create(effective_from="2020-01-01", yearly_basis_points=800)
    asked = RuleChange.objects.create(
        kind="interest", replaces=rule.pk, ended=terms_of(rule), day="2030-01-01", reason="over", requested_by=agent
    )
    of = {"reference": account.reference}
    paid, refund = refundable(account, agent)
    schedule = {"schedule_id": installed.pk}
    limit = SendingLimit.objects.create(channel="sms", sender="+15005550006", per_minute=60)
    deposit = {"reference": held_deposit(account).reference}
    transfer = {"reference": recorded(100, agent).reference}
    hardship = {"case_id": told(account).pk}
    remitted = {"reference": approved_remittance(account).reference}
    ended = {"reference": ask_move(account, "write_off", reason="Everything was tried.", by=agent).reference}
    north = {"agency_id": Agency.objects.create(name="North").pk}
    return {
        "sending_limit_edit": {"limit_id": limit.pk},
        **dict.fromkeys(("move_page", "move_decide", "move_undo"), ended),
        **dict.fromkeys(("agency_edit", "agency_file"), north),
        "end_rule_edit": {"code": "house"},
        "trust_act": {"reference": "TRF-1", "action": "confirm"},
        **dict.fromkeys(("bank_transfer_page", "bank_transfer_confirm", "bank_transfer_refuse"), transfer),
        "bank_transfer_act": {**transfer, "action": "place"},
        **{name: of for name in [*PAGES, *ACTIONS] if name.startswith("account_")},
        **{name: deposit for name in [*PAGES, *ACTIONS] if name.startswith("deposit_") and name != "deposit_list"},
        **{f"remittance_{name}": remitted for name in ("page", "approve", "paid", "cancel")},
        "remittance_file": {**remitted, "kind": "csv"},
        "terms_edit": {"code": account.creditor.code},
        **dict.fromkeys(("payment_page", "payment_ask"), paid),
        "payment_decide": {**paid, "step": "nothing"},
        "refund_new": paid,
        "hardship_new": of,
        **dict.fromkeys(("hardship_page", "hardship_reveal", "hardship_take", "hardship_wish"), hardship),
        **dict.fromkeys(("refund_page", "refund_approve", "refund_transfer"), refund),
        "refund_act": {**refund, "action": "reject"},
        "promise_withdraw": {"reference": "PTP-22222222"},
        "guard_rail_decide": {"reference": "RAIL-22222222"},
        "surplus_page": of,
        "surplus_decide": {"reference": "SUR-22222222"},
        "account_statement_file": {**of, "kind": "csv"},
        "account_receipt": {**of, "payment": paid["reference"]},
        "account_list": {},
        "account_export": {},
        "account_hold_end": {**of, "hold_id": hold.pk},
        "schedule_detail": schedule,
        "schedule_edit": schedule,
        "schedule_publish": schedule,
        "rule_new": {"kind": "interest"},
        **{f"rule_{name}": {"kind": "interest", "rule_id": rule.pk} for name in ("page", "change", "end")},
        **{f"rule_{name}": {"reference": asked.reference} for name in ("request", "decide")},
        **policies(),
        **notices(account, agent),
        **disputes(agent, cast["lead"]),
        "message_page": {"message_id": queue_message(account, purpose="payment_link", occasion="asked").pk},
        "template_framed": {"token": framed(cast.values())},
        **texts(),
        "decision_page": {"decision_id": decided(account)},
        "user_edit": {"user_id": agent.pk},
        "user_reset_factor": {"user_id": agent.pk},
        "provider_edit": {"key": "alipay"},
        "provider_add": {"key": "alipay"},
        "provider_fee": {"key": "alipay"},
        "provider_merchant": {"key": "alipay"},
        "provider_switch": {"key": "alipay", "status": "switched_off"},
        "mandate_change": {**of, "change": "pause"},
        "ending_seen": {"reference": "MND-22222222"},
        "key_revoke": {"key_id": 1},
        "notice_seen": {"event_id": 1},
        "reconciliation_item": {"reference": difference().reference},
        "reconciliation_act": {"reference": "REC-22222222", "action": "take"},
        "delivery_replay": {"delivery_id": "00000000-0000-7000-8000-000000000000"},
    }


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_for_the_roles_in_the_table_and_no_other(name, cast, places):
    url = reverse(name, kwargs=places.get(name, {}))
    opened = {role for role, user in cast.items() if signed_in(user).get(url, follow=True).status_code == 200}
    refused = {role for role, user in cast.items() if signed_in(user).get(url).status_code == 403}
    assert (opened, refused) == (PAGES[name], set(cast) - PAGES[name])


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_is_refused_to_every_role_not_in_the_table(name, cast, places, settings):
    settings.SANDBOX = True
    url = reverse(name, kwargs=places.get(name, {}))
    answers = {role: signed_in(user).post(url).status_code for role, user in cast.items()}
    assert {role for role, status in answers.items() if status == 403} == set(cast) - ACTIONS[name]


@pytest.mark.parametrize("name", [*PAGES, *ACTIONS])
def test_a_stranger_is_led_to_the_sign_in_page(name, places, client):
    url = reverse(name, kwargs=places.get(name, {}))
    answer = client.post(url) if name in ACTIONS else client.get(url)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("account_")])
def test_another_creditors_people_do_not_learn_that_an_account_exists(name, account, places, other_bank_user):
    url = reverse(name, kwargs=places.get(name, {}))
    answer = signed_in(other_bank_user).get(url)
    if name in ("account_list", "account_export"):
        assert account.reference not in answer.content.decode()
    else:
        assert answer.status_code == (404 if "creditor" in PAGES[name] else 403)


def test_another_creditors_panel_cannot_be_fetched_alone(account, other_bank_user, client):
    url = reverse("panel", args=["account", "contacts", account.reference])
    assert signed_in(other_bank_user).get(url).status_code == 404
    assert client.get(url).status_code == 403


def test_a_creditor_cannot_choose_another_creditor_in_the_address(account, other_bank_user):
    answer = signed_in(other_bank_user).get(reverse("account_list"), {"creditor": account.creditor_id})
    assert account.reference not in answer.content.decode()
    dashboard = signed_in(other_bank_user).get(reverse("dashboard"), {"creditor": account.creditor_id})
    assert dashboard.context["scope"].creditor is None


def test_without_a_second_factor_no_page_opens(agent, client):
    client.force_login(agent, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("work_list"))["Location"] == reverse("mfa_activate_totp")


def test_every_staff_page_is_in_one_of_the_tables():
    """A new page must be added above, so that its roles are decided and tested."""
    imports = {"import_list", "import_new", "import_job"}
    found = set()
    for pattern in get_resolver().url_patterns:
        for inner in getattr(pattern, "url_patterns", []):
            module = getattr(getattr(inner, "callback", None), "__module__", "")
            if module.startswith(OWN_APPS) and "import" not in module and inner.name not in imports:
                found.add(inner.name)
    assert found - set(PAGES) - set(ACTIONS) - {"home"} == set()


@pytest.mark.parametrize(
    ("role", "page"), [("agent", "work_list"), ("lead", "dashboard"), ("admin", "dashboard"), ("creditor", "dashboard")]
)
def test_each_role_starts_on_its_own_page(role, page, cast):
    assert signed_in(cast[role]).get("/")["Location"] == reverse(page)


def test_a_superuser_agent_may_do_everything(installed):
    root = factories.user(role="agent", is_superuser=True)
    assert signed_in(root).get(reverse("user_list")).status_code == 200
