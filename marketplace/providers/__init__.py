"""Consulting firms, their consultants, the code of ethics and training."""
