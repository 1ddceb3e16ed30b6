"""Where the simulated coins lie. Kept apart, so that nothing heavy is imported to know it."""

from wallets.sandbox.chain.encoding import to_base58check

CHAIN_ID = 31337
# The chain's own coin, ETH or TRX, which is no token and has no address.
COIN = "coin"
# Smallest units of that coin for one millionth of it, which is the smallest unit of USDT.
SMALLER_UNITS = {"ethereum": 10**12, "tron": 1}
# Where the first two creations of the test accounts' first account lie, on any chain.
ETHEREUM_USDT = "0xF2E246BB76DF876Cef8b38ae84130F4F55De395b"
ETHEREUM_LOOK_ALIKE = "0x2946259E0334f33A064106302415aD3391BeD384"
TRON_USDT, TRON_LOOK_ALIKE = to_base58check("a1" * 20), to_base58check("b2" * 20)
