"""The draw of a waiting room on plain data: an order that nobody could choose and anybody can check."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from uuid import UUID

from marketplace.vouchers.allocation import lot


def list_hash(places: Iterable[UUID]) -> str:
    """SHA-256 over the ids of all places, sorted, one a line: known only when the last company has come."""
    lines = "".join(f"{place}\n" for place in sorted(places))
    return sha256(lines.encode("ascii")).hexdigest()


def draw(seed: str, places: Iterable[UUID]) -> list[UUID]:
    """The places in the order drawn: by lot, as in an allocation by lottery, with the place's id as its name.

    The seed was sealed under its hash before anybody came in, so neither side can steer the order alone.
    """
    waiting = list(places)
    sealed = list_hash(waiting)
    return sorted(waiting, key=lambda place: lot(seed, sealed, str(place)))
