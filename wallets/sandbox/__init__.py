"""Wire-level simulators of the wallets: they hold state, sign with their own keys and enforce the wallets' rules.

Nothing here imports `wallets.providers`: a mistake must not be made the same way on both sides of the wire.
"""
