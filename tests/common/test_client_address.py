"""Whose request it is: a proxy of ours is believed, nobody else is."""

from __future__ import annotations

import pytest
from axes.models import AccessAttempt
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from common.client_address import parse_networks, visitor_of

OURS = parse_networks(["10.0.0.0/8", "2001:db8:1::/48"])
VISITOR = "203.0.113.7"


@pytest.mark.parametrize(
    ("peer", "forwarded", "visitor"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("203.0.113.7", "10.0.0.1", "203.0.113.7"),
        ("10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "127.0.0.1, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        ("10.0.0.1", "203.0.113.7:4711", "203.0.113.7"),
        ("10.0.0.1", "[2001:db8:2::9]:4711", "2001:db8:2::9"),
        ("2001:db8:1::5", "2001:DB8:2::9", "2001:db8:2::9"),
        ("::ffff:10.0.0.1", "::ffff:203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "10.0.0.9, 10.0.0.2", "10.0.0.9"),
        ("10.0.0.1", "203.0.113.7, unknown", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("", "203.0.113.7", ""),
    ],
)
def test_the_right_most_address_that_is_no_proxy_of_ours_is_the_visitor(peer, forwarded, visitor):
    assert visitor_of(peer, forwarded, OURS) == visitor


@given(invented=st.lists(st.one_of(st.ip_addresses().map(str), st.text(max_size=12)), max_size=12))
def test_whatever_a_visitor_invents_changes_nothing(invented):
    assert visitor_of("10.0.0.1", ", ".join([*invented, VISITOR]), OURS) == VISITOR
    assert visitor_of(VISITOR, ", ".join(invented), OURS) == VISITOR
    assert visitor_of("10.0.0.1", ", ".join([*invented, VISITOR]), ()) == "10.0.0.1"


@pytest.mark.parametrize("text", ["10.0.0.1/8", "all", "10.0.0.0/33", "*"])
def test_a_network_that_cannot_be_read_stops_the_start(text):
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES"):
        parse_networks([text])


@pytest.fixture
def failed_from(db, settings):
    """The address a failed sign-in was counted under."""

    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

    def failed(peer: str, forwarded: str, *, trusted: list[str]) -> str:
        settings.TRUSTED_PROXIES = parse_networks(trusted)
        settings.AXES_ENABLED = True
        asked = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded}
        Client().post("/accounts/login/", {"login": "nobody@agency.example", "password": "wrong"}, **asked)
        return AccessAttempt.objects.latest("pk").ip_address

    return failed


def test_failed_sign_ins_are_counted_by_visitor_and_not_by_proxy(failed_from):
    assert failed_from("10.1.2.3", f"198.51.100.9, {VISITOR}", trusted=["10.0.0.0/8"]) == VISITOR


def test_a_header_from_anybody_else_is_not_believed(failed_from):
    assert failed_from(VISITOR, "198.51.100.9", trusted=["10.0.0.0/8"]) == VISITOR
    assert failed_from("10.1.2.3", VISITOR, trusted=[]) == "10.1.2.3"


def test_metrics_stay_closed_to_visitors_behind_a_proxy_on_this_machine(db, settings):
    settings.TRUSTED_PROXIES = parse_networks(["127.0.0.0/8"])
    for forwarded in (VISITOR, "127.0.0.1", f"127.0.0.1, {VISITOR}"):
        assert Client().get("/metrics", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR=forwarded).status_code == 401
