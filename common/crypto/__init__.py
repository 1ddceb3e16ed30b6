"""Personal fields at rest: sealed values bound to their row, blind indexes to find them, keys that can be changed."""
