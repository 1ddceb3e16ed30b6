"""E-mails people write to us: whom they are from, which words are theirs, and what is no letter at all."""
