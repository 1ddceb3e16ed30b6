"""Amounts on a small phone: nothing leaves its box, and the focus ring covers no words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common.clock import today
from payments.plans import create_plan
from tests import factories
from tests.pages_debtor.browser import CHROMIUM, visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.django_db(transaction=True),
]
STICKING_OUT = """[...document.querySelectorAll('.pick')]
    .filter(box => box.scrollWidth > box.clientWidth).map(box => box.innerText)"""
BELOW = """document.querySelector('.other-amount .field-help').getBoundingClientRect().top
    - document.querySelector('input[name=other]').getBoundingClientRect().bottom"""
RING = 5


@pytest.fixture
def account(db):
    person = factories.debtor(birth_year="1985", name="Wang Fang")
    made = factories.account(person=person, placement=factories.portfolio(person.creditor), balance_minor=12_345_600)
    create_plan(made, parts=[(today() + timedelta(days=30 * number), 4_115_200) for number in range(3)])
    return made


def test_a_large_instalment_stays_in_its_box_and_the_hint_clear_of_the_ring(site, debtor):
    with visitor(width=360) as seen:
        seen.page.goto(f"{site}{debtor.url('pay')}")
        assert "41,152.00" in seen.page.inner_text("label.pick >> nth=0")
        assert seen.page.evaluate(STICKING_OUT) == [] and seen.overflow() <= 0
        seen.page.check("input[name=choice][value=other]")
        seen.page.focus("input[name=other]")
        assert seen.page.evaluate(BELOW) > RING
