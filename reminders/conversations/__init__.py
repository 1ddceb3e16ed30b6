"""What people write to us: read, acted on at once where that protects them, answered, or handed to a person."""
