"""Reads the bank's reports (camt.052, camt.053, camt.054) as plain data: reports, their booked entries, and the parts.

The booked entry is the truth for amount, currency and direction; its details only divide it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

from marketplace.claims.bank_files import NAMESPACE, BadReport, parse
from marketplace.claims.camt_details import (
    LONGEST_TEXT,
    MOST_DIGITS,
    OddEntry,
    Part,
    Reader,
    check_lengths,
    divide,
    free_text,
    whole_number,
)
from marketplace.claims.states import Direction, ReportKind, Sum
from marketplace.core.i18n import _
from marketplace.core.text import numbers_in, shown

REPORTS = {
    "BkToCstmrAcctRpt": (ReportKind.INTRADAY, "Rpt"),
    "BkToCstmrStmt": (ReportKind.STATEMENT, "Stmt"),
    "BkToCstmrDbtCdtNtfctn": (ReportKind.NOTIFICATION, "Ntfctn"),
}
VERSION = re.compile(r"camt\.05[234]\.001\.(\d\d)")
OLDEST, NEWEST = 2, 14
# On a page of a longer statement, the balance between two pages stands for the opening or the closing one.
OPENING, CLOSING = ("OPBD", "PRCD", "ITBD"), ("CLBD", "ITBD")
EARLIEST, LATEST = date(1990, 1, 1), date(2199, 12, 31)
ZONE = re.compile(r"(?<=\d\d-\d\d)(Z|[+-]\d\d:\d\d)$")
"""A day of XML Schema may end with its offset from UTC; it is that day all the same."""


@dataclass(frozen=True)
class Booking:
    """One booked entry; `amount` is in minor units of `currency` and counts from `valued_on`."""

    number: int
    account: str
    amount: int
    currency: str
    direction: Direction
    booked_on: date
    valued_on: date
    bank_reference: str
    is_reversal: bool
    parts: tuple[Part, ...]

    @property
    def signed(self) -> int:
        """What the entry adds to the account."""
        return self.amount if self.direction == Direction.CREDIT else -self.amount


@dataclass(frozen=True)
class Odd:
    """An entry that couldn't be read, and is left out: its place, what it says, and why."""

    number: int
    said: str
    why: Any


@dataclass(frozen=True)
class Report:
    """One report of an account: balances are in minor units, below 0 where the account is overdrawn.

    `announced` counts entries that the bank hasn't booked yet, which are left alone.
    """

    kind: ReportKind
    identification: str
    page: int
    account: str
    currency: str
    opening: int | None
    closing: int | None
    opened_on: date | None
    closed_on: date | None
    announced: int
    bookings: tuple[Booking, ...]
    odd: tuple[Odd, ...]
    # Those of its account, balances and entries.
    currencies: frozenset[str] = frozenset()

    @property
    def difference(self) -> int:
        """What opening and entries lack to the closing balance; 0 without balances, or with several currencies."""
        if self.opening is None or self.closing is None or len(self.currencies) > 1:
            return 0
        return self.closing - self.opening - sum(booking.signed for booking in self.bookings)

    @property
    def sum(self) -> Sum | None:
        """Whether it adds up; None for a report that isn't expected to."""
        if len(self.currencies) > 1:
            return Sum.CURRENCIES
        if self.opening is None or self.closing is None:
            return Sum.NO_BALANCES if self.kind == ReportKind.STATEMENT else None
        return Sum.DIFFERS if self.difference or self.odd else Sum.PROVED


def read(content: bytes, digits: Mapping[str, int], zone: tzinfo, *, largest_charge: int = 1) -> list[Report]:
    """Every report in the file; `digits` gives each currency's minor digits. Raises BadReport.

    Where the bank gives a moment, its day is the one in `zone`. What the details lack to their entry is a charge up to
    `largest_charge` per cent of it, or as much as the bank calls so.
    """
    root = parse(content)
    containers = [
        (kind, element)
        for document in root.iter()
        if document.tag == "Document"
        for container in document
        if (kind := _kind(document, container)) is not None
        for element in container.findall(REPORTS[container.tag][1])
    ]
    if not containers:
        raise BadReport(
            _("The file is not a report of an account. Ask the bank for camt.053 or camt.054 (version 02 or later).")
        )
    reader = Reader(digits, largest_charge)
    return [_report(kind, element, reader, zone) for kind, element in containers]


def _kind(document: Element, container: Element) -> ReportKind | None:
    if container.tag not in REPORTS:
        return None
    version = VERSION.search(document.get(NAMESPACE, ""))
    if version and not OLDEST <= int(version.group(1)) <= NEWEST:
        raise BadReport(
            _("The file is of version %(version)s. Ask the bank for version 08 of the same report.", version=version[1])
        )
    return REPORTS[container.tag][0]


def _report(kind: ReportKind, element: Element, reader: Reader, zone: tzinfo) -> Report:
    account = reader.account(element, "Acct")
    bookings: list[Booking] = []
    odd: list[Odd] = []
    announced = 0
    for number, entry in enumerate(reader.all(element, "Ntry"), start=1):
        if not _is_booked(entry, reader):
            announced += 1
            continue
        try:
            bookings.append(_booking(number, account, entry, reader, zone))
        except OddEntry as error:
            odd.append(Odd(number, _said(entry, reader), error.words))
    opening = _balance(element, OPENING, reader, zone, first=True)
    closing = _balance(element, CLOSING, reader, zone, first=False)
    named = reader.text(element, "Acct/Ccy").upper()
    balances = [balance.currency for balance in (opening, closing) if balance is not None]
    currencies = [*([named] if named in reader.digits else []), *(one.currency for one in bookings), *balances]
    currency = next(iter(currencies), "")
    opening, closing = (one if one and one.currency == currency else None for one in (opening, closing))
    _check(reader.text(element, "Id"), account, bookings)
    return _with_reversals(
        Report(
            kind=kind,
            identification=reader.text(element, "Id"),
            page=_page(element, reader),
            account=account,
            currency=currency,
            opening=opening.amount if opening else None,
            closing=closing.amount if closing else None,
            opened_on=opening.day if opening else None,
            closed_on=closing.day if closing else None,
            announced=announced,
            bookings=tuple(bookings),
            odd=tuple(odd),
            currencies=frozenset(currencies),
        )
    )


def _check(identification: str, account: str, bookings: Sequence[Booking]) -> None:
    """BadReport for a report that can't be kept as it is."""
    if max(len(identification), len(account)) > LONGEST_TEXT:
        raise BadReport(_("The name or the account of a report is too long. Ask the bank for a corrected file."))
    if sum(booking.amount for booking in bookings) >= 10**MOST_DIGITS:
        raise BadReport(_("Its entries add up to more than can be kept. Ask the bank for a corrected file."))


class Balance(NamedTuple):
    """One balance, in minor units and below 0 where the account is overdrawn."""

    amount: int
    currency: str
    day: date


def _page(element: Element, reader: Reader) -> int:
    text = reader.text(element, "StmtPgntn/PgNb") or reader.text(element, "RptPgntn/PgNb")
    text = text or reader.text(element, "NtfctnPgntn/PgNb")
    return whole_number(text) or 1


def _is_booked(entry: Element, reader: Reader) -> bool:
    """Version 02 writes the status as text, later ones as a code; one that is missing says nothing against it."""
    status = reader.text(entry, "Sts/Cd") or reader.text(entry, "Sts") or reader.text(entry, "Sts/Prtry")
    return status.upper() in ("BOOK", "BOOKED", "")


def _booking(number: int, account: str, entry: Element, reader: Reader, zone: tzinfo) -> Booking:
    amount, currency = reader.amount(entry)
    direction = reader.direction(reader.text(entry, "CdtDbtInd"))
    booked_on = _day(entry, "BookgDt", zone, reader)
    valued = reader.find(entry, "ValDt") is not None
    mark = reader.text(entry, "AcctSvcrRef") or reader.text(entry, "NtryRef")
    parts = divide(entry, amount, currency, direction, reader)
    check_lengths(mark, parts)
    return Booking(
        number=number,
        account=account,
        amount=amount,
        currency=currency,
        direction=direction,
        booked_on=booked_on,
        valued_on=_day(entry, "ValDt", zone, reader) if valued else booked_on,
        bank_reference=mark,
        is_reversal=reader.text(entry, "RvslInd").lower() in ("true", "1"),
        parts=parts,
    )


def _said(entry: Element, reader: Reader) -> str:
    """What an odd entry says, for a person to find it by."""
    amount = reader.find(entry, "Amt")
    said = ["" if amount is None else f"{amount.text or ''} {amount.get('Ccy', '')}", reader.text(entry, "CdtDbtInd")]
    said += [reader.text(entry, "BookgDt/Dt"), reader.text(entry, "AcctSvcrRef") or reader.text(entry, "NtryRef")]
    said.append(free_text(entry, entry))
    return shown(" · ".join(part.strip() for part in said if part.strip()))[:500]


def _balance(element: Element, codes: Sequence[str], reader: Reader, zone: tzinfo, *, first: bool) -> Balance | None:
    """The first balance of the best of these codes, or the last one; None where there is none that can be read."""
    for code in codes:
        balances = [one for one in reader.all(element, "Bal") if _balance_code(one, reader) == code]
        if not balances or (code == "ITBD" and len(balances) + _ends(element, reader) < 2):
            continue
        balance = balances[0 if first else -1]
        try:
            amount, currency = reader.amount(balance, may_be_zero=True)
            direction = reader.direction(reader.text(balance, "CdtDbtInd"))
            signed = amount if direction == Direction.CREDIT else -amount
            return Balance(signed, currency, _day(balance, "Dt", zone, reader))
        except OddEntry:
            return None
    return None


def _ends(element: Element, reader: Reader) -> int:
    """How many balances of a begin or an end there are besides those between pages."""
    return len({_balance_code(one, reader) for one in reader.all(element, "Bal")} & {"OPBD", "PRCD", "CLBD"})


def _balance_code(balance: Element, reader: Reader) -> str:
    return reader.text(balance, "Tp/CdOrPrtry/Cd") or reader.text(balance, "Tp/CdOrPrtry/Prtry")


def _day(parent: Element, name: str, zone: tzinfo, reader: Reader) -> date:
    """A day as the bank names it; a moment with its offset from UTC is a day in the agency's zone."""
    if name == "BookgDt" and reader.find(parent, name) is None and reader.find(parent, "ValDt") is not None:
        raise OddEntry(_("It has a value date alone and no booking date. Ask the bank for one with booking dates."))
    text = reader.text(parent, f"{name}/Dt")
    moment = reader.text(parent, f"{name}/DtTm") or (text if "T" in text else "")
    try:
        if moment:
            at = datetime.fromisoformat(moment.replace("T24:00:00", "T00:00:00"))
            at += timedelta(days="T24:00:00" in moment)
            day = (at if at.tzinfo is None else at.astimezone(zone)).date()
        else:
            day = date.fromisoformat(ZONE.sub("", text))
    except (ValueError, OverflowError) as error:
        raise OddEntry(_("It has no booking date that can be read.")) from error
    if not EARLIEST <= day <= LATEST:
        raise OddEntry(_("Its date is out of all bounds."))
    return day


def _with_reversals(report: Report) -> Report:
    """The report with each reversal in the direction in which its money went.

    By the standard a reversal says itself whether it is a credit or a debit. Some banks leave what the reversed entry
    said: the balances show it, or else the reference: a co-payment is only ever taken back, a payment only comes back.
    """
    if not any(booking.is_reversal for booking in report.bookings):
        return report
    turned = replace(report, bookings=tuple(_turned(one) if one.is_reversal else one for one in report.bookings))
    if report.opening is not None and report.closing is not None:
        if report.difference == 0:
            return report
        if turned.difference == 0:
            return turned
    return replace(report, bookings=tuple(_turned(one) if _is_kept(one) else one for one in report.bookings))


def _is_kept(booking: Booking) -> bool:
    texts = [text for part in booking.parts for text in (part.reference, part.remittance)]
    came, left = ("COP", "RCV"), ("PAY",)
    named = came if booking.direction == Direction.CREDIT else left
    return booking.is_reversal and any(numbers_in(text, *named) for text in texts)


def _turned(booking: Booking) -> Booking:
    parts = tuple(replace(part, direction=part.direction.other) for part in booking.parts)
    return replace(booking, direction=booking.direction.other, parts=parts)


__all__ = ["BadReport", "Booking", "Odd", "Part", "Report", "read"]
