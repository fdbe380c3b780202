"""How the holders of vouchers are treated, as dated data: when they are reminded to use them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from config.dated import Editions


@dataclass(frozen=True)
class Terms:
    """One dated edition; a reminder is due when so many per cent of the validity have passed."""

    valid_from: date
    reminder_percents: tuple[int, ...]


def _edition(data: dict[str, Any]) -> Terms:
    return Terms(data["valid_from"], tuple(sorted(data["reminder_percents"])))


EDITIONS = Editions("vouchers", _edition)
terms = EDITIONS.on
