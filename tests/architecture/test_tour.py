"""What docs/tour.md names is there: people, menus, and every label as pages have it now. A journey walks it as well."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from typing import Any

from config.settings import ROOT
from marketplace.core.i18n import force_locale
from marketplace.core.translations import read
from marketplace.demo.people import STAFF, TOUR_COMPANY, TOUR_FIRM
from marketplace.demo.plans import Scale, calls
from marketplace.reports.menu import MENUS
from tests.tour import DOCUMENT, FIRST, Step, steps

PEOPLE = (
    *(f"{word}{number}@agency.example" for word, _role, count in STAFF for number in range(1, count + 1)),
    *(f"{word}@{TOUR_COMPANY}" for word in ("signatory", "preparer")),
    *(f"{word}@{TOUR_FIRM}" for word in ("manager", "consultant1", "consultant2")),
)
# What a link of a number, or of a mail, begins with.
NUMBER = re.compile(r"[A-Z]{3,4}-|http")


def texts() -> set[str]:
    """Every English text of pages, lists and demo data, and what the tour has typed."""
    known = {text for message in read() for text in _all(message.id)}
    known |= {text for path in (ROOT / "config").rglob("*.toml") for text in _english(tomllib.loads(path.read_text()))}
    known |= {offer.title["en"] for offer in calls(Scale())}
    return known | {step.typed for step in steps()}


def _all(message_id: str | tuple[str, ...]) -> Iterable[str]:
    return message_id if isinstance(message_id, tuple) else (message_id,)


def _english(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from [str(each)] if key == "en" and isinstance(each, str) else _english(each)
    elif isinstance(value, list):
        for each in value:
            yield from _english(each)


KNOWN = texts()
with force_locale("en"):
    IN_MENUS = {str(words) for menu in MENUS.values() for words, _page in menu}
PIECES = [piece for text in KNOWN for piece in re.split(r"%\(\w+\)s", text)]


def is_label(label: str) -> bool:
    """Whether pages have this label, or one that begins with what stands before its open end; or it is a number."""
    beginning = label.removesuffix("…")
    if beginning == label:
        return label in KNOWN or label == FIRST
    return bool(NUMBER.fullmatch(beginning)) or any(text.startswith(beginning) for text in KNOWN)


def fault(step: Step) -> str:
    """What the step names and nobody finds."""
    if step.verb == "sign in as" and step.read:
        return "" if step.read in KNOWN else "no such group of sign-ins"
    if step.verb == "sign in as":
        return "" if any(address.startswith(step.typed) for address in PEOPLE) else "nobody of the demo"
    if step.verb == "open":
        return "" if step.label in IN_MENUS else "in no menu"
    if step.read and not is_read(step.read):
        return "no page says so"
    return "" if not step.label or is_label(step.label) else "no such label"


def is_read(words: str) -> bool:
    """Whether a page says these words: part of a text, a number, a dash, or the parts of a made-up name."""
    in_text = any(words in piece for piece in PIECES)
    return in_text or bool(NUMBER.match(words)) or words == "–" or all(word in KNOWN for word in words.split())


def test_what_the_tour_names_is_there() -> None:
    assert not [(step, fault(step)) for step in sorted(set(steps())) if fault(step)]


def test_the_tour_stays_short() -> None:
    assert len(DOCUMENT.read_text().splitlines()) <= 125
    assert len(list(steps())) > 100
