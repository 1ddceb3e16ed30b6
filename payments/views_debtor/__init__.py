"""The pages a debtor sees from a payment link: no login, one subject a module."""
