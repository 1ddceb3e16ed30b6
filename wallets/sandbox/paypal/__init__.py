"""The simulated PayPal: its REST API, approval pages, vault, webhooks, disputes and books."""
