"""What the person hears about their dispute, and when the hold of a decided one ends."""
