"""Certificates of innovative companies: who holds which, for how long, and who has verified it."""
