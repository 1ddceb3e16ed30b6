"""Calls are made by people: a queue of tasks, a script, and outcomes that count like any other contact."""
