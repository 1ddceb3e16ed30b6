"""The end of the road: write-off, recall, placement with an agency, closing, and the way back.

One table says what each step needs and does (`table`); one person asks, above a limit another agrees (`asking`); a step
is done and undone in one transaction under the account's lock (`doing`). Money that arrives afterwards is the matter of
`payments.services.recovering`.
"""
