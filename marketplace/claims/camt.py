"""Reads the bank's reports, camt.054.001.08 notifications and camt.053.001.08 statements, as plain entries."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from marketplace.claims.states import Direction
from marketplace.core.i18n import _

REPORTS = {
    "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08": "BkToCstmrDbtCdtNtfctn/Ntfctn",
    "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08": "BkToCstmrStmt/Stmt",
}
REMITTANCE = ("RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/AddtlRmtInf", "AddtlTxInf")
MAX_BYTES = 20_000_000
NOT_PROVIDED = "NOTPROVIDED"
ZONE = re.compile(r"(?<=\d\d-\d\d)(Z|[+-]\d\d:\d\d)$")
"""A day of XML Schema may end with its offset from UTC; it is that day all the same."""


class BadReport(ValueError):
    """The file isn't a camt.053 or camt.054 report that can be trusted; nothing of it was taken."""


@dataclass(frozen=True)
class Entry:
    """One booked movement on the agency's account; `amount` is in minor units of `currency`.

    The debtor holds the account; the payer is on whose behalf it paid (the ultimate debtor, if the bank names one).
    It counts from `valued_on`, the booking day where the bank names no other.
    """

    account: str
    bank_reference: str
    reference: str
    remittance: str
    amount: int
    currency: str
    direction: Direction
    payer: str
    debtor: str
    debtor_account: str
    debtor_bank: str
    booked_on: date
    valued_on: date
    return_reason: str


def read(content: bytes, digits: Mapping[str, int], zone: tzinfo) -> list[Entry]:
    """Every booked transaction of the report; `digits` gives each currency's minor digits. Raises BadReport.

    Where the bank gives a moment, its day is the one in `zone`.
    """
    if len(content) > MAX_BYTES:
        raise BadReport(_("The file is too large."))
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, LookupError, ValueError) as error:
        # LookupError and ValueError: an encoding that the parser doesn't know, such as EUC-KR.
        raise BadReport(_("The file is not plain XML.")) from error
    namespace, _brace, name = root.tag.lstrip("{").partition("}")
    if namespace not in REPORTS or name != "Document":
        raise BadReport(_("The file is not a camt.054.001.08 or camt.053.001.08 message."))
    return [
        entry
        for report in _all(root, REPORTS[namespace])
        for booked in _all(report, "Ntry")
        if _text(booked, "Sts/Cd") == "BOOK"
        for entry in _entries(_account(report, "Acct"), booked, digits, zone)
    ]


def _entries(account: str, booked: Element, digits: Mapping[str, int], zone: tzinfo) -> Iterator[Entry]:
    details = _all(booked, "NtryDtls/TxDtls")
    for position, detail in enumerate(details or [booked]):
        source = detail if _find(detail, "Amt") is not None else booked
        if source is booked and len(details) > 1:
            raise BadReport(_("A collective entry doesn't say the amount of each transaction."))
        amount, currency = _amount(source, digits)
        yield Entry(
            account=account,
            bank_reference=_bank_reference(booked, detail, position),
            reference=_reference(detail),
            remittance=_free_text(detail, None if len(details) > 1 else booked),
            amount=amount,
            currency=currency,
            direction=_direction(_text(detail, "CdtDbtInd") or _text(booked, "CdtDbtInd")),
            payer=_text(detail, "RltdPties/UltmtDbtr/Pty/Nm") or _text(detail, "RltdPties/Dbtr/Pty/Nm"),
            debtor=_text(detail, "RltdPties/Dbtr/Pty/Nm"),
            debtor_account=_account(detail, "RltdPties/DbtrAcct"),
            debtor_bank=_bank(detail, "RltdAgts/DbtrAgt"),
            booked_on=_day(booked, "BookgDt", zone),
            valued_on=_day(booked, "ValDt" if _find(booked, "ValDt") is not None else "BookgDt", zone),
            return_reason=_text(detail, "RtrInf/Rsn/Cd") or _text(detail, "RtrInf/Rsn/Prtry"),
        )


def _bank_reference(booked: Element, detail: Element, position: int) -> str:
    own = _text(detail, "Refs/AcctSvcrRef") or _text(detail, "Refs/TxId")
    if own:
        return own
    shared = _text(booked, "AcctSvcrRef") or _text(booked, "NtryRef")
    if not shared:
        raise BadReport(_("An entry has no reference of the bank, so it couldn't be told from a second one."))
    return f"{shared}/{position}"


def _free_text(detail: Element, booked: Element | None) -> str:
    """All that the bank hands on in words; of the entry only when it has no other detail."""
    texts = [element.text for path in REMITTANCE for element in _all(detail, path)]
    if booked is not None:
        texts.append(_text(booked, "AddtlNtryInf"))
    return " ".join(dict.fromkeys(text.strip() for text in texts if text and text.strip()))


def _reference(detail: Element) -> str:
    reference = _text(detail, "Refs/EndToEndId")
    return "" if reference == NOT_PROVIDED else reference


def _amount(parent: Element, digits: Mapping[str, int]) -> tuple[int, str]:
    element = _find(parent, "Amt")
    currency = "" if element is None else element.get("Ccy", "")
    if element is None or currency not in digits:
        raise BadReport(_("An amount has no currency, or one that isn't used here."))
    text = (element.text or "").strip()
    if len(text) > 19 or not text.replace(".", "", 1).isascii() or not text.replace(".", "", 1).isdigit():
        raise BadReport(_("An amount is not a plain number."))
    try:
        minor = Decimal(text).scaleb(digits[currency])
    except InvalidOperation as error:
        raise BadReport(_("An amount is not a plain number.")) from error
    if minor != minor.to_integral_value():
        raise BadReport(_("An amount has more digits than its currency."))
    return int(minor), currency


def _direction(code: str) -> Direction:
    if code == "CRDT":
        return Direction.CREDIT
    if code == "DBIT":
        return Direction.DEBIT
    raise BadReport(_("An entry doesn't say whether it is a credit or a debit."))


def _day(booked: Element, name: str, zone: tzinfo) -> date:
    """A day as the bank names it; a moment with its offset from UTC is a day in the agency's zone."""
    try:
        if text := _text(booked, f"{name}/Dt"):
            return date.fromisoformat(ZONE.sub("", text))
        moment = datetime.fromisoformat(_text(booked, f"{name}/DtTm"))
        return (moment if moment.tzinfo is None else moment.astimezone(zone)).date()
    except (ValueError, OverflowError) as error:
        raise BadReport(_("An entry has no booking date.")) from error


def _account(parent: Element, path: str) -> str:
    return _text(parent, f"{path}/Id/IBAN") or _text(parent, f"{path}/Id/Othr/Id")


def _bank(parent: Element, path: str) -> str:
    return _text(parent, f"{path}/FinInstnId/BICFI") or _text(parent, f"{path}/FinInstnId/Nm")


def _all(parent: Element, path: str) -> list[Element]:
    return parent.findall("/".join(f"{{*}}{name}" for name in path.split("/")))


def _find(parent: Element, path: str) -> Element | None:
    elements = _all(parent, path)
    return elements[0] if elements else None


def _text(parent: Element, path: str) -> str:
    element = _find(parent, path)
    return "" if element is None else (element.text or "").strip()
