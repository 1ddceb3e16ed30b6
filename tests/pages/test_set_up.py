"""People, providers, keys and the clock: what an administrator changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.api_keys import find_key
from accounts.models import ApiKey, Event, User
from common import clock, clock_moves
from tests import factories
from wallets.models import Provider
from wallets.register_services import set_provider_status

pytestmark = pytest.mark.django_db


def person_data(user=None, **changed):
    values = {"token": "u1", "name": "Nina New", "email": "nina@agency.example", "role": "agent", "is_active": "on"}
    if user:
        values |= {"name": user.name, "email": user.email, "role": user.role}
    return values | changed


def test_an_invited_person_can_sign_in_with_the_password_told_once(admin, sign_in):
    client = sign_in(admin)
    for _ in range(2):
        client.post(reverse("user_new"), person_data(email="Nina@Agency.example"))
    first = client.get(reverse("user_list")).context["first"]
    assert first["email"] == "nina@agency.example"
    assert User.objects.get(email="nina@agency.example").check_password(first["password"])
    assert client.get(reverse("user_list")).context["first"] is None
    assert first["password"] not in str(list(Event.objects.values_list("data", flat=True)))


@pytest.mark.parametrize("change", [{"role": "agent"}, {"is_active": ""}])
def test_the_last_administrator_stays(admin, sign_in, change):
    answer = sign_in(admin).post(reverse("user_edit", args=[admin.pk]), person_data(admin, **change))
    assert "last administrator" in answer.content.decode()
    admin.refresh_from_db()
    assert (admin.role, admin.is_active) == ("admin", True)


def test_with_a_second_administrator_the_first_may_go(admin, sign_in):
    factories.user(role="admin")
    sign_in(admin).post(reverse("user_edit", args=[admin.pk]), person_data(admin, role="lead"))
    admin.refresh_from_db()
    assert admin.role == "lead"


def test_an_address_in_use_and_a_creditor_role_without_creditor_are_refused(admin, agent, sign_in):
    client = sign_in(admin)
    taken = client.post(reverse("user_new"), person_data(email=agent.email)).content.decode()
    assert "signs in with this address already" in taken
    homeless = client.post(reverse("user_new"), person_data(role="creditor")).content.decode()
    assert "Choose the creditor" in homeless


def test_a_lost_phone_leads_back_to_setting_up_the_second_step(admin, agent, sign_in):
    agents_client = sign_in(agent)
    sign_in(admin).post(reverse("user_reset_factor", args=[agent.pk]), {"token": "r1"})
    assert agents_client.get(reverse("work_list"))["Location"] == reverse("mfa_activate_totp")


def test_switching_a_provider_off_needs_a_reason_and_is_on_the_record(admin, sign_in):
    provider = Provider.objects.create(key="alipay", name="Alipay", status="vetted")
    url = reverse("provider_switch", args=["alipay", "switched_off"])
    client = sign_in(admin)
    client.post(url, {"token": "x", "reason": ""})
    provider.refresh_from_db()
    assert provider.status == "vetted"
    client.post(url, {"token": "x", "reason": "notices with wrong signatures"})
    provider.refresh_from_db()
    assert provider.status == "switched_off"
    assert Event.objects.get(kind="provider.switched_off").actor == admin


def test_a_provider_somebody_else_changed_meanwhile_is_not_overwritten(admin):
    seen = Provider.objects.create(key="alipay", name="Alipay", status="vetted")
    set_provider_status(Provider.objects.get(pk=seen.pk), status="switched_off", reason="a", by=admin)
    with pytest.raises(Exception, match="changed this provider"):
        set_provider_status(seen, status="switched_off", reason="b", by=admin)


def test_a_key_is_told_once_works_and_stops_when_revoked(admin, creditor, sign_in):
    client = sign_in(admin)
    form = {"token": "k1", "name": "ERP", "creditor": creditor.pk, "scopes": ["accounts:read"]}
    for _ in range(2):
        client.post(reverse("key_list"), form)
    key = client.get(reverse("key_list")).context["new_key"]
    assert find_key(key).creditor == creditor
    assert client.get(reverse("key_list")).context["new_key"] is None
    client.post(reverse("key_revoke", args=[ApiKey.objects.get().pk]))
    assert find_key(key) is None


@pytest.fixture
def told(settings, monkeypatch):
    """The sandbox clock; what the neighbours are told is caught at the edge of the process."""
    settings.SANDBOX = True
    heard = []
    monkeypatch.setattr(clock_moves, "_tell_wallets", heard.append)
    monkeypatch.setattr(clock_moves, "_run_what_is_due", clock.forget)
    return heard


@pytest.mark.parametrize(("step", "hours"), [("hour", 1), ("day", 24), ("week", 168)])
def test_the_clock_moves_by_the_step_and_the_wallets_hear_of_it(admin, sign_in, told, step, hours):
    answer = sign_in(admin).post(reverse("sandbox_move_clock"), {"step": step, "next": "/people/"})
    assert answer["Location"] == "/people/"
    assert clock.offset() == timedelta(hours=hours)
    assert told == [timedelta(hours=hours)]


def test_the_next_morning_is_nine_o_clock(admin, sign_in, told):
    sign_in(admin).post(reverse("sandbox_move_clock"), {"step": "morning"})
    assert (clock.now().hour, clock.now().minute) == (9, 0)


def test_the_next_due_date_is_where_the_first_message_waits(admin, sign_in, told, account):
    from reminders.models import Message

    due = clock.now() + timedelta(days=3)
    Message.objects.create(account=account, debtor=account.debtor, purpose="x", occasion="y", channel="sms", due_at=due)
    sign_in(admin).post(reverse("sandbox_move_clock"), {"step": "due"})
    assert timedelta(0) <= clock.now() - due < timedelta(minutes=5)


def test_with_nothing_planned_the_clock_stays(admin, sign_in, told):
    sign_in(admin).post(reverse("sandbox_move_clock"), {"step": "due"})
    assert clock.offset() == timedelta(0)


def test_the_clock_leads_to_no_other_site(admin, sign_in, told):
    answer = sign_in(admin).post(reverse("sandbox_move_clock"), {"step": "hour", "next": "https://evil.example/"})
    assert answer["Location"] == "/"


def test_outside_the_sandbox_the_clock_stays(admin, sign_in, settings):
    settings.SANDBOX = False
    assert sign_in(admin).post(reverse("sandbox_move_clock"), {"step": "day"}).status_code == 403
