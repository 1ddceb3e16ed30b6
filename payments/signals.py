"""The one courtesy to the apps on the right: sent after the commit, with the payment that has arrived."""

from django.dispatch import Signal

payment_confirmed = Signal()
