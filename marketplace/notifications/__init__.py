"""Notifications: the outbox of messages."""
