"""Packs, their rules and decisions in words that a compliance officer reads."""
