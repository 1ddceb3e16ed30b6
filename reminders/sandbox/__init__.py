"""A message world on this machine: Twilio's API, a mail server and an outbox to look at.

It shares no code with the channels it answers, or both could be wrong in the same way.
"""
