"""Seeded bugs: each adapter is spoilt in at least fifteen ways, and its tests must notice every one.

`python -m tests.wallets.mutations` tries all of them (minutes), `python -m tests.wallets.mutations alipay usdt` some
adapters; `--only NAME` one bug. In pytest: `pytest tests/wallets/mutations -m mutations`. A plain run only checks that
the tables still fit the sources.
"""
