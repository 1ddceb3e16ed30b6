"""The simulated chains that carry USDT: a real EVM behind a node's door, and a TronGrid, with one wallet for both."""
