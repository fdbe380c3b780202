"""An issuer's list, on plain data: its rows read, and what each of them changes in the register."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from marketplace.accounts import business_number
from marketplace.certificates.kinds import Kind
from marketplace.certificates.states import CertificateStatus
from marketplace.core.errors import Invalid, Words
from marketplace.core.i18n import _
from marketplace.core.text import plain_number, plain_text

NEEDED = ("number", "business_number", "valid_from", "valid_until")
TITLE_ROWS = 10  # lists often begin with a title
ODD: dict[str, Words] = {
    "number": _("The number of the certificate is missing, or can't be one of this kind."),
    "business_number": _("The business number is missing, or its digits are wrong."),
    "valid_from": _("The first day can't be read. Write it as 2026-11-23."),
    "valid_until": _("The last day can't be read. Write it as 2026-11-23."),
    "order": _("The last day lies before the first one."),
    "grade": _("Certificates of this kind have no such grade."),
    "revoked_on": _("The day of revocation can't be read, or the certificate was not valid then."),
    "twice": _("Another row of this list has the same number and other facts."),
    "other_company": _("This number is verified for another company."),
    "overlap": _("The company has another certificate of this kind for some of these days."),
    "own_company": _("The officer who sent the list belongs or belonged to this company. Somebody else must send it."),
    "revoked_before": _("This certificate was revoked before."),
}


class Effect(StrEnum):
    """What a row of a list did."""

    ADDED = "added"
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    REVOKED = "revoked"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Listed:
    """One row that could be read; valid from the first to the last day, and until the day before its revocation."""

    line: int
    number: str
    business_number: str
    valid_from: date
    valid_until: date
    grade: str | None = None
    revoked_on: date | None = None

    @property
    def facts(self) -> tuple[object, ...]:
        """All that the row says."""
        return self.number, self.business_number, self.valid_from, self.valid_until, self.grade, self.revoked_on


@dataclass(frozen=True)
class Odd:
    """A row that was set aside: what it says, and why, as a code of ODD."""

    line: int
    said: str
    why: str


class Registered(Protocol):
    """A certificate of the register as far as a list is compared with it."""

    organisation_id: UUID
    number: str
    valid_from: date
    valid_until: date
    grade: str | None
    status: CertificateStatus
    revoked_on: date | None


@dataclass(frozen=True)
class Change:
    """What a row means for the register; `certificate` is the one it is about, None for a new one."""

    row: Listed
    organisation_id: UUID
    effect: Effect
    certificate: Registered | None = None


@dataclass
class Plan:
    """What a list changes, and what it can't."""

    changes: list[Change] = field(default_factory=list)
    odd: list[Odd] = field(default_factory=list)
    elsewhere: int = 0

    def count(self, effect: Effect) -> int:
        """How many rows have this effect."""
        return sum(change.effect == effect for change in self.changes)


def read_list(
    rows: Sequence[tuple[int, list[str]]], kind: Kind, headings: Mapping[str, Collection[str]]
) -> tuple[list[Listed], list[Odd]]:
    """The rows of a list below its headings; Invalid(field='file') where no row has the headings that are needed."""
    first, columns = _columns(rows, headings)
    listed: dict[str, Listed] = {}
    odd = []
    for line, cells in rows[first:]:
        said = {name: cells[column] if column < len(cells) else "" for name, column in columns.items()}
        read = _read(line, said, kind)
        if isinstance(read, Odd):
            odd.append(read)
            continue
        key = f"{plain_number(read.number)} {read.valid_from}"
        before = listed.setdefault(key, read)
        if before.facts != read.facts:
            odd.append(Odd(line, _said(said), "twice"))
    return list(listed.values()), odd


def _columns(
    rows: Sequence[tuple[int, list[str]]], headings: Mapping[str, Collection[str]]
) -> tuple[int, dict[str, int]]:
    """How many rows come before the data, and the column of each heading that was found."""
    spellings = {plain_text(spelling): name for name, known in headings.items() for spelling in known}
    for position, (_line, cells) in enumerate(rows[:TITLE_ROWS]):
        columns: dict[str, int] = {}
        for column, cell in enumerate(cells):
            if (name := spellings.get(plain_text(cell))) is not None:
                columns.setdefault(name, column)
        if columns.keys() >= set(NEEDED):
            return position + 1, columns
    names = ", ".join(next(iter(headings[name])) for name in NEEDED)
    raise Invalid(
        _("The columns were not found. The first rows must hold these headings: %(names)s.", names=names), field="file"
    )


def _read(line: int, said: Mapping[str, str], kind: Kind) -> Listed | Odd:
    number = kind.number(said["number"])
    company = business_number.normalise(said["business_number"])
    valid_from, valid_until = day(said["valid_from"]), day(said["valid_until"])
    grade = said.get("grade", "").strip().upper() or None
    revoked = said.get("revoked_on", "")
    revoked_on = day(revoked)
    faults = {
        "number": number is None,
        "business_number": company is None or not business_number.is_valid(company),
        "valid_from": valid_from is None,
        "valid_until": valid_until is None,
        "order": bool(valid_from and valid_until and valid_until < valid_from),
        "grade": grade is not None and grade not in kind.grades,
        "revoked_on": bool(revoked) and (revoked_on is None or not _within(revoked_on, valid_from, valid_until)),
    }
    why = next((name for name, wrong in faults.items() if wrong), None)
    if why is not None:
        return Odd(line, _said(said), why)
    assert number
    assert company
    assert valid_from
    assert valid_until
    return Listed(line, number, company, valid_from, valid_until, grade, revoked_on)


def _within(moment: date, valid_from: date | None, valid_until: date | None) -> bool:
    return valid_from is None or valid_until is None or valid_from <= moment <= valid_until


def _said(said: Mapping[str, str]) -> str:
    return " · ".join(said[name] for name in ("number", "business_number", "valid_from", "valid_until") if said[name])


def day(written: str) -> date | None:
    """A day as lists write it: 2026-11-23, 2026. 11. 23., 2026/11/23, 20261123, 2026년 11월 23일; None for no day."""
    matched = re.fullmatch(
        r"(\d{4})(?:\D{1,3}(\d{1,2})\D{1,3}(\d{1,2})|(\d{2})(\d{2}))\D{0,2}", written.strip(), re.ASCII
    )
    if matched is None:
        return None
    year, month, of_month = matched[1], matched[2] or matched[4], matched[3] or matched[5]
    try:
        return date(int(year), int(month), int(of_month))
    except ValueError:
        return None


def plan(
    listed: Iterable[Listed],
    companies: Mapping[str, UUID],
    register: Iterable[Registered],
    holders: Mapping[str, UUID],
    *,
    own: Collection[UUID],
    today: date,
) -> Plan:
    """What each row means: for the company registered under its number, whose certificates of the kind are `register`.

    `holders` are those for whom numbers were verified, `own` the companies of who sends the list. The earliest validity
    first, so that one follows on the other.
    """
    made, verified_for = Plan(), dict(holders)
    held: dict[UUID, list[Registered | Listed]] = {}
    for certificate in register:
        held.setdefault(certificate.organisation_id, []).append(certificate)
    for row in sorted(listed, key=lambda one: (one.valid_from, one.line)):
        organisation_id = companies.get(row.business_number)
        if organisation_id is None:
            made.elsewhere += 1
        elif organisation_id in own:
            made.odd.append(Odd(row.line, row.number, "own_company"))
        elif verified_for.setdefault(plain_number(row.number), organisation_id) != organisation_id:
            made.odd.append(Odd(row.line, row.number, "other_company"))
        else:
            _place(row, organisation_id, held.setdefault(organisation_id, []), made, today)
    return made


def _place(row: Listed, organisation_id: UUID, held: list[Registered | Listed], made: Plan, today: date) -> None:
    same = next((one for one in held if _is_same(one, row)), None)
    others = [one for one in held if one is not same and _stands(one) and _overlaps(one, row)]
    if row.revoked_on is not None and row.revoked_on > today:
        made.odd.append(Odd(row.line, row.number, "revoked_on"))
    elif others and row.revoked_on is None:
        made.odd.append(Odd(row.line, row.number, "overlap"))
    elif same is None:
        held.append(row)
        made.changes.append(Change(row, organisation_id, Effect.REVOKED if row.revoked_on else Effect.ADDED))
    elif isinstance(same, Listed):
        made.odd.append(Odd(row.line, row.number, "twice"))
    else:
        effect = _effect(row, same)
        if effect is None:
            made.odd.append(Odd(row.line, row.number, "revoked_before"))
        else:
            made.changes.append(Change(row, organisation_id, effect, same))


def _effect(row: Listed, same: Registered) -> Effect | None:
    """What a row does to the certificate that it is about; None when that was revoked and the row doesn't say so."""
    if same.status == CertificateStatus.REVOKED:
        return Effect.UNCHANGED if row.revoked_on == same.revoked_on else None
    if row.revoked_on is not None:
        return Effect.REVOKED
    if same.status != CertificateStatus.VERIFIED:
        return Effect.CONFIRMED
    alike = (same.valid_from, same.valid_until, same.grade) == (row.valid_from, row.valid_until, row.grade)
    return Effect.UNCHANGED if alike else Effect.CORRECTED


def _is_same(held: Registered | Listed, row: Listed) -> bool:
    return plain_number(held.number) == plain_number(row.number) and _overlaps(held, row)


def _overlaps(held: Registered | Listed, row: Listed) -> bool:
    return held.valid_from <= row.valid_until and row.valid_from <= held.valid_until


def _stands(held: Registered | Listed) -> bool:
    if isinstance(held, Listed):
        return held.revoked_on is None
    return held.status in (CertificateStatus.CLAIMED, CertificateStatus.VERIFIED)
