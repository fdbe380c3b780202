"""What a hit leads to: only a deterministic rule holds money alone."""

from dataclasses import replace
from datetime import date

from marketplace.ethics.rules import RULES, book
from marketplace.ethics.rules.facts import strong, weak

EDITION = book.current(date(2026, 6, 15))


def found(rule_id: str, *, kind: str = "strong", class_: str = "D") -> book.Found:
    entry = replace(EDITION.rules[rule_id], class_=class_)
    return book.Found(entry, 1, strong("x") if kind == "strong" else weak("x"))


def test_a_deterministic_strong_hit_holds_alone() -> None:
    assert len(book.holds([found("E01")])) == 1


def test_weak_hits_never_hold_however_many() -> None:
    assert book.holds([found("E01", kind="weak"), found("E17", kind="weak")]) == []


def test_a_statistical_hit_needs_another_family() -> None:
    statistical = found("E23", class_="S")
    assert book.holds([statistical]) == []
    assert book.holds([statistical, found("E23", class_="S")]) == []
    assert book.holds([statistical, found("E17", kind="weak")]) == [statistical]


def test_every_rule_has_code_and_every_text_both_languages() -> None:
    assert set(EDITION.rules) == set(RULES)
    for entry in EDITION.rules.values():
        for text in (entry.title, entry.data, entry.formula, entry.false_positives):
            assert all(text[language] for language in ("ko", "en"))
        assert entry.class_ in "DSG"
        assert {entry.strong, entry.weak} <= {"H", "R", "N"}
        assert entry.family in {"identity", "time", "price", "document", "assignment", "survey"}


def test_a_day_before_the_first_edition_uses_the_oldest() -> None:
    assert book.current(date(2001, 1, 1)).version == min(book.load_all())
