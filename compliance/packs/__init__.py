"""Dated policy packs (`policy-pack/1`) and the evaluator that reads them. Pure: no database, no clock, no network."""
