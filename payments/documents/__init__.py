"""Receipts and statements: their lines from the ledger, and the same lines as a page, a PDF and a CSV."""
