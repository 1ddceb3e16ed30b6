"""A simulated bank with digital-yuan wallets, as one bank's interface document might describe it."""
