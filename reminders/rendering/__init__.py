"""From template text and facts to what a debtor reads: SMS, e-mail or in-app message."""
