"""What a wallet, and the networks behind it, ask of whoever tries a failed debit again."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RetryRules:
    """`None` leaves a number to the house.

    `per_instalment`: most tries of one instalment, the first included. `per_mandate`: most under one mandate in
    30 days. `network_cap`: what the card networks allow on one card in 30 days, whatever the reason they failed for;
    `per_card`: what we allow ourselves of that.
    `own_tries`: how often the wallet by itself tries again a debit that we asked for once, without telling us.
    `until_next_month`: codes of a limit that holds until the month is over.
    `other_wallet_if_repeated`: codes which mean, when they come again, that this wallet will not pay.
    """

    per_instalment: int | None = None
    per_mandate: int | None = None
    network_cap: int | None = None
    per_card: int | None = None
    own_tries: int = 0
    until_next_month: frozenset[str] = frozenset()
    other_wallet_if_repeated: frozenset[str] = frozenset()
