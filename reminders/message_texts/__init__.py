"""The words of messages as versions: written by one person, approved by another, and brought back."""
