"""What the wallet says by itself: verified, named, the same name each time it is said again."""

from common.http import run
from tests.wallets.conformance.suite import Suite, lacking, needs
from wallets.providers.base import Capability, Event, EventKind, PaymentState

ONE_OFF, SIGNED = Capability.ONE_OFF, Capability.WEBHOOK_SIGNED


class WebhookTests(Suite):
    def about(self, payment):
        def wanted(event: Event) -> bool:
            return (
                event.kind is EventKind.PAYMENT
                and event.payment.merchant_ref == payment.merchant_ref
                and event.payment.state is PaymentState.SUCCEEDED
            )

        return wanted

    @needs(ONE_OFF)
    @lacking("webhooks")
    def test_a_payment_is_announced_by_a_webhook(self):
        paid = self.h.paid()
        ((_, event), *_) = self.h.said(self.about(paid))
        assert event.payment.amount == paid.amount
        assert event.dedupe_key
        assert event.type

    @needs(ONE_OFF)
    @lacking("webhooks", "declared_unconfirmed")
    def test_money_in_a_webhook_is_confirmed_first(self):
        paid = self.h.paid()
        ((_, event), *_) = self.h.said(self.about(paid))
        assert event.confirm_first

    @needs(ONE_OFF)
    @lacking("webhooks")
    def test_a_repeated_webhook_has_the_same_dedupe_key(self):
        self.h.fault("duplicate")
        paid = self.h.paid()
        said = self.h.said(self.about(paid), 2)
        assert len({event.dedupe_key for _, event in said}) == 1

    @needs(ONE_OFF)
    @lacking("webhooks")
    def test_two_payments_have_two_dedupe_keys(self):
        payments = [self.h.paid(), self.h.paid()]
        keys = {self.h.said(self.about(paid))[0][1].dedupe_key for paid in payments}
        assert len(keys) == 2

    @needs(ONE_OFF)
    @lacking("webhooks")
    def test_reordered_webhooks_each_tell_the_truth_of_their_own_payment(self):
        self.h.fault("reorder")
        payments = [self.h.paid(), self.h.paid()]
        for paid in payments:
            ((_, event), *_) = self.h.said(self.about(paid))
            assert event.payment.amount == paid.amount

    @needs(ONE_OFF)
    @lacking("webhooks")
    def test_what_may_be_stored_of_a_webhook_is_small_and_plain(self):
        paid = self.h.paid()
        ((_, event), *_) = self.h.said(self.about(paid))
        assert all(isinstance(name, str) for name in event.facts)
        assert len(repr(dict(event.facts))) < 4000
        assert self.h.payer_hint == "" or self.h.payer_hint not in repr(dict(event.facts))

    @needs(ONE_OFF)
    @lacking("webhooks", "webhook_retries")
    def test_the_wallet_repeats_until_it_hears_our_reply(self):
        self.h.receiver.answer = self.provider.webhook_reply(False)
        paid = self.h.paid()
        self.h.said(self.about(paid))
        self.h.receiver.answer = self.provider.webhook_reply(True)
        said = self.h.said(self.about(paid), 2)
        assert len({event.dedupe_key for _, event in said}) == 1
        self.h.receiver.wait_quiet(self.h.said(self.about(paid), 2)[-1][0])

    @needs(ONE_OFF, Capability.REFUND)
    @lacking("webhooks", "refund_webhook")
    def test_a_refund_is_announced_and_is_not_the_payment_again(self):
        paid = self.h.paid()
        ((_, payment), *_) = self.h.said(self.about(paid))
        run(self.provider.refund(self.h.refund_request(paid, 1234)))

        def refunded(event: Event) -> bool:
            money = event.refund or (event.payment and event.payment.refunded)
            return bool(money) and event.dedupe_key != payment.dedupe_key

        assert self.h.said(refunded)
