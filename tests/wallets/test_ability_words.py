"""Whoever vets a wallet reads everything it can do."""

from wallets.providers.base import Capability
from wallets.words import ABLE


def test_every_ability_has_words():
    assert set(ABLE) == set(Capability)
