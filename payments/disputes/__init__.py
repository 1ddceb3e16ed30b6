"""Disputes about a debt: opened, looked into, decided, answered; see docs/disputes.md."""
