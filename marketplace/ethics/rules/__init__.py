"""The ethics rules: pure functions on plain facts, their dated metadata, and what a hit leads to."""

from marketplace.ethics.rules import identity, price, work
from marketplace.ethics.rules.book import Book, Entry, Found, action_of, current, get, holds, run
from marketplace.ethics.rules.facts import Facts
from marketplace.ethics.rules.register import RULES, Rule

__all__ = [
    "RULES",
    "Book",
    "Entry",
    "Facts",
    "Found",
    "Rule",
    "action_of",
    "current",
    "get",
    "holds",
    "identity",
    "price",
    "run",
    "work",
]
