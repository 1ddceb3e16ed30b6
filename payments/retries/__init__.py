"""What becomes of an instalment whose debit failed: when it is tried again, or why it is not.

`deciding.next_try` is a pure function of what `gathering` read; `applying` writes what it said. `folding` keeps the
counters that the learned moment comes from.
"""
