"""Deposits on public chains: what arrived at our addresses, however late, and what a person decided about it."""
