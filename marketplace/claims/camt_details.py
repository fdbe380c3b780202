"""The inside of a booked entry: its amount, and the transactions that divide it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element

from marketplace.claims.states import Direction
from marketplace.core.errors import Words
from marketplace.core.i18n import _
from marketplace.core.text import shown

REMITTANCE = ("RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/AddtlRmtInf", "AddtlTxInf")
# Where a transaction says its amount, the surest first: some banks give several, of which one may be in dollars.
AMOUNTS = ("", "AmtDtls/TxAmt", "AmtDtls/CntrValAmt", "AmtDtls/InstdAmt")
NOT_PROVIDED = ("NOTPROVIDED", "NOT PROVIDED", "NONREF")
MOST_DIGITS = 18
LONGEST_TEXT = 140


class OddEntry(ValueError):
    """This one entry can't be trusted; it bears the words for why."""

    def __init__(self, words: Words) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True)
class Part:
    """What one transaction is of its entry; `amount` is in minor units of the entry's currency.

    The debtor holds the account; the payer is on whose behalf it paid (the ultimate debtor, if the bank names one).
    A `single` part is told by the bank as one transaction; any other may hold several.
    """

    bank_reference: str
    reference: str
    remittance: str
    amount: int
    direction: Direction
    payer: str
    debtor: str
    debtor_account: str
    debtor_bank: str
    return_reason: str
    single: bool
    is_charge: bool = False


class Reader:
    """Reads elements by their names, in whatever version of the standard."""

    def __init__(self, digits: Mapping[str, int], largest_charge: int) -> None:
        self.digits, self.largest_charge = digits, largest_charge

    def all(self, parent: Element, path: str) -> list[Element]:
        """Every element at the path."""
        return parent.findall(path)

    def find(self, parent: Element, path: str) -> Element | None:
        """The first element at the path."""
        return parent.find(path)

    def text(self, parent: Element, path: str) -> str:
        """What the first element at the path says, without what nobody sees; or nothing."""
        return shown(parent.findtext(path) or "")

    def account(self, parent: Element, path: str) -> str:
        """An account's number, without blanks."""
        number = self.text(parent, f"{path}/Id/IBAN") or self.text(parent, f"{path}/Id/Othr/Id")
        return number.replace(" ", "")

    def party(self, parent: Element, role: str) -> str:
        """A party's name: versions up to 07 write it without the step between."""
        return self.text(parent, f"RltdPties/{role}/Pty/Nm") or self.text(parent, f"RltdPties/{role}/Nm")

    def bank(self, parent: Element, path: str) -> str:
        """A bank's code, or its name."""
        names = ("BICFI", "BIC", "Nm")
        return next((text for name in names if (text := self.text(parent, f"{path}/FinInstnId/{name}"))), "")

    def direction(self, code: str) -> Direction:
        """Whether money came or went; raises OddEntry."""
        if code not in ("CRDT", "DBIT"):
            raise OddEntry(_("It doesn't say whether it is a credit or a debit."))
        return Direction.CREDIT if code == "CRDT" else Direction.DEBIT

    def amount(self, parent: Element, *, may_be_zero: bool = False) -> tuple[int, str]:
        """An amount in minor units and its currency; raises OddEntry."""
        element = self.find(parent, "Amt")
        currency = "" if element is None else element.get("Ccy", "").strip().upper()
        if element is None or currency not in self.digits:
            raise OddEntry(_("Its amount has no currency, or one that isn't used here."))
        text = (element.text or "").strip().removeprefix("+").lstrip("0") or "0"
        figures = text.replace(".", "", 1)
        if not (figures.isascii() and figures.isdigit() and len(figures) <= MOST_DIGITS):
            raise OddEntry(_("Its amount is not a plain number."))
        try:
            minor = Decimal(text).scaleb(self.digits[currency])
        except InvalidOperation as error:
            raise OddEntry(_("Its amount is not a plain number.")) from error
        if minor != minor.to_integral_value():
            raise OddEntry(_("Its amount has more digits than its currency."))
        if minor == 0 and not may_be_zero:
            raise OddEntry(_("Its amount is 0, so no money moved."))
        if minor >= 10**MOST_DIGITS:
            raise OddEntry(_("Its amount is not a plain number."))
        return int(minor), currency

    def amount_in(self, parent: Element, path: str, currency: str) -> int | None:
        """The amount at the path, if it is one in this currency."""
        holder = self.find(parent, path) if path else parent
        try:
            amount, own = self.amount(holder) if holder is not None else (0, "")
        except OddEntry:
            return None
        return amount if own == currency else None


def check_lengths(mark: str, parts: Sequence[Part]) -> None:
    """OddEntry where a reference, a name or an account is longer than anything that the standard knows."""
    kept = ("bank_reference", "reference", "payer", "debtor", "debtor_account", "debtor_bank", "return_reason")
    if any(len(text) > LONGEST_TEXT for text in (mark, *(getattr(part, name) for part in parts for name in kept))):
        raise OddEntry(_("A reference, a name or an account in it is too long."))


def whole_number(text: str) -> int:
    """A count as the file writes it; 0 for what is none, or has more than five digits."""
    return int(text) if re.fullmatch("[0-9]{1,5}", text) else 0


def divide(entry: Element, amount: int, currency: str, direction: Direction, reader: Reader) -> tuple[Part, ...]:
    """The parts of an entry, which together are its amount; what they lack to it is a charge, or a part of its own.

    Where the details can't say how it is divided, the entry is one part.
    """
    details = reader.all(entry, "NtryDtls/TxDtls")
    if not details:
        return (_part(entry, entry, entry, amount, direction, reader),)
    signs = [_sign(detail, direction, reader) for detail in details]
    amounts = _amounts(details, signs, amount, currency, reader)
    if amounts is None:
        if len(details) > 1:
            return (_whole(entry, details, amount, direction, reader),)
        amounts = [amount]
        signs = [1]
    left = amount - sum(sign * one for sign, one in zip(signs, amounts, strict=True))
    charged = sum(_charges(one, currency, reader) for one in (entry, *details))
    is_charge = left < 0 if direction == Direction.CREDIT else left > 0
    if is_charge and abs(left) != charged and abs(left) * 100 > amount * reader.largest_charge:
        return (_whole(entry, details, amount, direction, reader),)
    words_of = entry if len(details) == 1 else None
    parts = [
        _part(detail, entry, words_of, one, direction if sign > 0 else direction.other, reader)
        for detail, sign, one in zip(details, signs, amounts, strict=True)
    ]
    if left:
        towards = Direction.DEBIT if is_charge else Direction.CREDIT
        parts.append(_rest(entry, abs(left), towards, reader, is_charge=is_charge))
    return tuple(parts)


def _amounts(
    details: Sequence[Element], signs: Sequence[int], amount: int, currency: str, reader: Reader
) -> list[int] | None:
    """Of each transaction its amount in the entry's currency: where they add up to it, or else the surest of each."""
    rows = [[reader.amount_in(detail, path, currency) for path in AMOUNTS] for detail in details]
    for place in range(len(AMOUNTS)):
        column = [row[place] for row in rows]
        if all(one is not None for one in column) and amount == sum(
            sign * one for sign, one in zip(signs, column, strict=True) if one is not None
        ):
            return [one for one in column if one is not None]
    surest = [next((one for one in row if one is not None), None) for row in rows]
    known = [one for one in surest if one is not None]
    return known if len(known) == len(surest) else None


def _sign(detail: Element, direction: Direction, reader: Reader) -> int:
    """-1 for a transaction that goes against its entry, as in an entry of what came less what left."""
    code = reader.text(detail, "CdtDbtInd")
    return -1 if code in ("CRDT", "DBIT") and reader.direction(code) != direction else 1


def _charges(holder: Element, currency: str, reader: Reader) -> int:
    """What the bank says that it kept; version 02 writes it without records."""
    records = reader.all(holder, "Chrgs/Rcrd") or reader.all(holder, "Chrgs")
    total = 0
    for record in records:
        sign = -1 if reader.text(record, "CdtDbtInd") == "CRDT" else 1
        total += sign * (reader.amount_in(record, "", currency) or 0)
    return total


def _is_batch(entry: Element, reader: Reader) -> bool:
    return whole_number(reader.text(entry, "NtryDtls/Btch/NbOfTxs")) > 1


def _part(
    source: Element, entry: Element, words_of: Element | None, amount: int, direction: Direction, reader: Reader
) -> Part:
    reference = _reference(source, reader)
    debtor, account = reader.party(source, "Dbtr"), reader.account(source, "RltdPties/DbtrAcct")
    is_named = bool(reference) or (direction == Direction.CREDIT and bool(debtor or account))
    return Part(
        bank_reference=reader.text(source, "Refs/AcctSvcrRef") or reader.text(source, "Refs/TxId"),
        reference=reference or _batch(source, entry, reader),
        remittance=free_text(source, words_of),
        amount=amount,
        direction=direction,
        payer=reader.party(source, "UltmtDbtr") or debtor,
        debtor=debtor,
        debtor_account=account,
        debtor_bank=reader.bank(source, "RltdAgts/DbtrAgt"),
        return_reason=reader.text(source, "RtrInf/Rsn/Cd") or reader.text(source, "RtrInf/Rsn/Prtry"),
        single=is_named and (words_of is None or not _is_batch(entry, reader)),
    )


def _whole(entry: Element, details: Sequence[Element], amount: int, direction: Direction, reader: Reader) -> Part:
    """The entry as one part, with all words and references of its details."""
    if len(details) == 1:
        return _part(details[0], entry, entry, amount, direction, reader)
    texts = [text for detail in details for text in (free_text(detail, None), _reference(detail, reader))]
    texts.append(free_text(entry, entry))
    words = " ".join(dict.fromkeys(text for text in texts if text))
    return replace(_part(entry, entry, entry, amount, direction, reader), remittance=words, single=False)


def _rest(entry: Element, amount: int, direction: Direction, reader: Reader, *, is_charge: bool) -> Part:
    """What the details lack to their entry."""
    return Part("", "", reader.text(entry, "AddtlNtryInf"), amount, direction, "", "", "", "", "", False, is_charge)


def _reference(source: Element, reader: Reader) -> str:
    for name in ("EndToEndId", "InstrId"):
        text = reader.text(source, f"Refs/{name}")
        if text and text.upper() not in NOT_PROVIDED:
            return text
    return ""


def _batch(source: Element, entry: Element, reader: Reader) -> str:
    """What the agency called the batch that a collective entry is."""
    names = [reader.text(source, "Refs/PmtInfId")]
    names += [reader.text(entry, path) for path in ("NtryDtls/Btch/PmtInfId", "NtryDtls/Btch/MsgId")]
    return next((text for text in names if text), "")


def free_text(source: Element, entry: Element | None) -> str:
    """All that the bank hands on in words; of the entry only when it has no other detail."""
    texts = [element.text for path in REMITTANCE for element in source.findall(path)]
    if entry is not None:
        texts += [element.text for element in entry.findall("AddtlNtryInf")]
    return " ".join(dict.fromkeys(said for text in texts if (said := shown(text or ""))))
