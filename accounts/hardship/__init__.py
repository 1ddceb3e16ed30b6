"""Hard times: a statement of the household, what can be afforded, a pause or smaller payments, and a review."""
