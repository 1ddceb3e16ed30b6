"""Starts the platform on a machine with only Python. Standard library only: it runs before anything is installed."""
