"""The shape of the contract, and what must hold before anything is sent."""

from dataclasses import fields

import pytest

from common.http import run
from common.money import Money
from tests.wallets.conformance.suite import Suite, needs
from wallets.providers.base import (
    Capability,
    DeclineCategory,
    HttpOut,
    IdempotencyKind,
    PeriodUnit,
    Unsupported,
    WalletProvider,
)

ATTEMPTS = ["1", "0190c7a2-93d1-7aaa-8000-1234567890ab", "尝试 7", "a_b", "a-b", "x" * 200]
ALIKE = ["a-b", "a_b", "a.b", "ab", "a b", "a_2db", "A-b", "x" * 200, "x" * 201, "1", "01", "11"]


class ContractTests(Suite):
    def test_it_is_a_wallet_provider(self):
        assert isinstance(self.provider, WalletProvider)
        assert self.provider.descriptor.currencies

    def test_its_skips_are_the_reviewed_ones(self):
        assert self.skipped() == self.reviewed_skips()

    def test_what_it_lacks_is_something_the_suite_asks_for(self):
        tests = [getattr(type(self), name) for name in dir(type(self)) if name.startswith("test_")]
        known = {name for test in tests for name in getattr(test, "lackable", ())}
        known |= {f"fault:{kind}" for test in tests for kind in getattr(test, "fault_kinds", ())}
        assert set(self.h.lacks) <= known
        assert all(self.h.lacks.values())

    def test_capabilities_do_not_contradict_each_other(self):
        has = self.provider.descriptor.can
        assert not has(Capability.PARTIAL_REFUND) or has(Capability.REFUND)
        assert not has(Capability.MERCHANT_CHARGE) or has(Capability.MANDATE)
        assert not has(Capability.PROVIDER_SCHEDULED) or has(Capability.MANDATE)
        assert not has(Capability.REVOKE_BY_MERCHANT) or has(Capability.MANDATE)
        assert not has(Capability.PRE_DEBIT_NOTICE) or has(Capability.MERCHANT_CHARGE)
        assert not (has(Capability.MERCHANT_CHARGE) and has(Capability.PROVIDER_SCHEDULED))
        assert not has(Capability.MANDATE) or has(Capability.MERCHANT_CHARGE) or has(Capability.PROVIDER_SCHEDULED)
        ways = {Capability.QR, Capability.REDIRECT, Capability.PUSH_PROMPT, Capability.DEPOSIT_ADDRESS}
        assert not has(Capability.ONE_OFF) or any(has(way) for way in ways)

    def test_the_descriptor_does_not_contradict_itself(self):
        rules = self.provider.descriptor
        assert rules.key == self.h.provider.descriptor.key == rules.key.lower()
        if rules.ends_silently:
            assert rules.can(Capability.MERCHANT_CHARGE), "only a wallet that we charge is asked before a charge"
        assert 1 <= rules.reference_min_length <= rules.reference_max_length
        assert len(set(rules.reference_alphabet)) == len(rules.reference_alphabet) >= 10
        assert (rules.idempotency is IdempotencyKind.NONE) <= (rules.idempotency_lifetime is None)
        assert (rules.idempotency is IdempotencyKind.REQUEST_KEY) == (rules.idempotency_lifetime is not None)
        assert rules.mandate_period in PeriodUnit
        for currency in rules.currencies:
            lowest, highest, step = rules.lowest(currency), rules.highest(currency), rules.step(currency)
            assert 1 <= lowest <= (highest or lowest)
            assert lowest % step == 0 <= (highest or 0) % step

    @pytest.mark.parametrize("attempt", ATTEMPTS)
    def test_a_reference_is_legal_and_stable(self, attempt):
        rules = self.provider.descriptor
        reference = self.provider.merchant_ref(attempt)
        assert reference == self.provider.merchant_ref(attempt)
        assert set(reference) <= set(rules.reference_alphabet)
        assert rules.reference_min_length <= len(reference) <= rules.reference_max_length

    def test_different_attempts_have_different_references(self):
        assert len({self.provider.merchant_ref(attempt) for attempt in ALIKE}) == len(ALIKE)

    def test_no_secret_shows_in_a_repr(self):
        text = repr(self.provider) + repr(vars(self.provider))
        assert "PRIVATE KEY" not in text
        for secret in self._secrets():
            assert secret not in text

    def _secrets(self) -> list[str]:
        config = getattr(self.h, "config", None)
        texts = [config.secret(name).decode("latin-1").strip() for name in config.secrets] if config else []
        return [text for text in texts if len(text) >= 8]

    def test_an_unlisted_code_is_an_unknown_outcome(self):
        for code in ("SOMETHING_INVENTED_YESTERDAY", "", "0 ", "成功"):
            assert self.provider.classify(code).category is DeclineCategory.UNKNOWN_OUTCOME, code

    def test_listed_declines_have_their_category_and_keep_their_code(self):
        found = {code: self.provider.classify(code) for code in self.h.declines}
        assert {code: decline.category for code, decline in found.items()} == self.h.declines
        assert all(decline.code for decline in found.values())

    def test_the_reply_to_a_webhook_is_bytes_with_a_status(self):
        good, bad = self.provider.webhook_reply(True), self.provider.webhook_reply(False)
        assert {type(good), type(bad)} == {HttpOut}
        assert 200 <= good.status < 300
        assert good != bad
        assert {field.name for field in fields(good)} >= {"status", "body", "content_type"}

    @needs(Capability.ONE_OFF)
    def test_another_currency_is_refused(self):
        with pytest.raises(Unsupported):
            run(self.provider.create_payment(self.h.payment(amount=Money(100, "XTS"))))

    def test_what_it_cannot_do_it_refuses_and_says_so(self):
        has, h = self.provider.descriptor.can, self.h
        asked = {
            Capability.STATEMENT: lambda: self.provider.statement(h.now().date()),
            Capability.ONE_OFF: lambda: self.provider.create_payment(h.payment()),
            Capability.CLOSE: lambda: self.provider.close_payment(h.ref()),
            Capability.MANDATE: lambda: self.provider.start_mandate(h.mandate_request()),
            Capability.REVOKE_BY_MERCHANT: lambda: self.provider.revoke_mandate("M1", "asked"),
        }
        for capability, ask in asked.items():
            if not has(capability):
                with pytest.raises(Unsupported):
                    run(ask())
