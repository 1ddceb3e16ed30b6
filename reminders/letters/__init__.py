"""Letters on paper: batches that are printed, posted, and sometimes come back."""
