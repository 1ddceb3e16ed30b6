"""The two doors to hard times: the person's own page, and the desk of the staff. The rules are `accounts.hardship`."""
