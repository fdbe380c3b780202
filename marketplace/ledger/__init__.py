"""Accounts and transfers: where every unit of money stands and how it came there."""
