"""Ways to reach a debtor: one file per channel behind the contract in `base`."""
