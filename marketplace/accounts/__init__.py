"""Accounts: people, organisations, memberships, sign-in, sessions and the access log."""
