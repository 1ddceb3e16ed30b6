"""The simulated Stripe: its API on the wire, hosted pages, webhooks, bank debits that take days, disputes and books."""
