"""Complaints: opened by the person or for them, with a clock, an owner and an answer."""
