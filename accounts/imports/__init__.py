"""Placement files: read, understood, checked, and brought in by chunks that go in once."""
