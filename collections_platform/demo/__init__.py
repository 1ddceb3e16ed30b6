"""The demo: seeded, realistic, made through the same doors as real work, so a fresh machine needs nothing else."""
