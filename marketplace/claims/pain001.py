"""Writes a payment batch as an ISO 20022 credit transfer initiation, pain.001.001.09, from plain data."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
MAX_REFERENCE = 35
MAX_NAME = 140
MAX_REMITTANCE = 140

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}")
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")


@dataclass(frozen=True)
class Account:
    """A bank account: holder, number (an IBAN or any other identification) and bank (a BIC or its name)."""

    holder: str
    number: str
    bank: str


@dataclass(frozen=True)
class Transfer:
    """One payment of a batch; `amount` is in minor units of the batch's currency."""

    reference: str
    amount: int
    creditor: Account
    remittance: str


@dataclass(frozen=True)
class PaymentFile:
    """A batch as the bank gets it; `digits` says how many minor digits the currency has (KRW 0, EUR 2)."""

    reference: str
    created_at: datetime
    execute_on: date
    currency: str
    digits: int
    debtor: Account
    transfers: tuple[Transfer, ...]


def write(batch: PaymentFile) -> bytes:
    """The file as UTF-8 XML; raises ValueError for what a bank would refuse: no transfer, a bad reference or amount."""
    _check(batch)
    ElementTree.register_namespace("", NAMESPACE)
    root = Element(f"{{{NAMESPACE}}}Document")
    initiation = _add(root, "CstmrCdtTrfInitn")
    header = _add(initiation, "GrpHdr")
    _add(header, "MsgId", batch.reference)
    _add(header, "CreDtTm", batch.created_at.isoformat(timespec="seconds"))
    _add_totals(header, batch)
    _add(_add(header, "InitgPty"), "Nm", batch.debtor.holder[:MAX_NAME])
    payment = _add(initiation, "PmtInf")
    _add(payment, "PmtInfId", batch.reference)
    _add(payment, "PmtMtd", "TRF")
    _add_totals(payment, batch)
    _add(_add(payment, "ReqdExctnDt"), "Dt", batch.execute_on.isoformat())
    _add(_add(payment, "Dbtr"), "Nm", batch.debtor.holder[:MAX_NAME])
    add_account(_add(payment, "DbtrAcct"), batch.debtor.number)
    add_bank(_add(payment, "DbtrAgt"), batch.debtor.bank)
    for transfer in batch.transfers:
        _add_transfer(_add(payment, "CdtTrfTxInf"), batch, transfer)
    return as_file(root)


def as_file(document: Element) -> bytes:
    """The document as UTF-8 with a declaration in double quotes; some banks refuse Python's single ones."""
    ElementTree.indent(document)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + bytes(ElementTree.tostring(document, encoding="utf-8"))


def decimal_amount(amount: int, digits: int) -> str:
    """Minor units as the standard writes them: a decimal with exactly the currency's digits."""
    whole, rest = divmod(amount, 10**digits)
    return f"{whole}.{rest:0{digits}}" if digits else str(whole)


def add_account(parent: Element, number: str) -> None:
    """An account's identification: as IBAN if it looks like one, otherwise as another identification."""
    compact = number.replace(" ", "")
    identification = _add(parent, "Id")
    if _IBAN.fullmatch(compact):
        _add(identification, "IBAN", compact)
    else:
        _add(_add(identification, "Othr"), "Id", compact)


def _check(batch: PaymentFile) -> None:
    references = [batch.reference, *(transfer.reference for transfer in batch.transfers)]
    if not batch.transfers:
        raise ValueError("A payment file needs at least one transfer.")
    if any(not 1 <= len(reference) <= MAX_REFERENCE for reference in references):
        raise ValueError("A reference has 1 to 35 characters.")
    if len(set(references)) < len(references):
        raise ValueError("Each transfer needs its own reference.")
    if any(transfer.amount <= 0 for transfer in batch.transfers):
        raise ValueError("Each amount must be above zero.")


def _add_totals(parent: Element, batch: PaymentFile) -> None:
    total = sum(transfer.amount for transfer in batch.transfers)
    _add(parent, "NbOfTxs", str(len(batch.transfers)))
    _add(parent, "CtrlSum", decimal_amount(total, batch.digits))


def _add_transfer(parent: Element, batch: PaymentFile, transfer: Transfer) -> None:
    identification = _add(parent, "PmtId")
    _add(identification, "InstrId", transfer.reference)
    _add(identification, "EndToEndId", transfer.reference)
    amount = _add(_add(parent, "Amt"), "InstdAmt", decimal_amount(transfer.amount, batch.digits))
    amount.set("Ccy", batch.currency)
    # The bank of a refund may be unknown; an IBAN names it by itself.
    if transfer.creditor.bank:
        add_bank(_add(parent, "CdtrAgt"), transfer.creditor.bank)
    _add(_add(parent, "Cdtr"), "Nm", transfer.creditor.holder[:MAX_NAME])
    add_account(_add(parent, "CdtrAcct"), transfer.creditor.number)
    _add(_add(parent, "RmtInf"), "Ustrd", transfer.remittance[:MAX_REMITTANCE])


def add_bank(parent: Element, code: str) -> None:
    """A bank's identification: as BIC if it looks like one, otherwise by its name."""
    institution = _add(parent, "FinInstnId")
    if _BIC.fullmatch(code):
        _add(institution, "BICFI", code)
    else:
        _add(institution, "Nm", code[:MAX_NAME])


def _add(parent: Element, name: str, text: str | None = None) -> Element:
    namespace = parent.tag.rpartition("}")[0]
    child = SubElement(parent, f"{namespace}}}{name}")
    child.text = text
    return child
