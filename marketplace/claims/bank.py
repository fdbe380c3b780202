"""Plays the agency's bank in the demo: what came in and what went out, as camt.054.001.08 and camt.053.001.08."""

from dataclasses import dataclass
from datetime import date, datetime
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from defusedxml.ElementTree import fromstring

from marketplace.claims.pain001 import Account, add_account, add_bank, as_file, decimal_amount

NOTIFICATION = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"
STATEMENT = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
ORDER = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
# Bank transaction codes (domain, family, sub-family): credit transfers issued, received, and issued but returned.
ISSUED, RECEIVED, RETURNED = ("PMNT", "ICDT", "ESCT"), ("PMNT", "RCDT", "ESCT"), ("PMNT", "ICDT", "RRTN")


@dataclass(frozen=True)
class Movement:
    """One booked movement: `amount` is the decimal text of the message, `code` one of the codes above."""

    reference: str
    amount: str
    currency: str
    code: tuple[str, str, str]
    debtor: Account
    creditor: Account
    remittance: str
    return_reason: str = ""


def answer(order: bytes, *, booked_at: datetime, returned: dict[str, str] | None = None) -> bytes:
    """The notification for a pain.001 file: all booked, and those in `returned` (reference: reason) sent back."""
    root = fromstring(order, forbid_dtd=True)
    if root.tag != f"{{{ORDER}}}Document":
        raise ValueError("The file is not a pain.001.001.09 message.")
    movements = []
    for payment in root.iterfind(".//{*}PmtInf"):
        debtor = _account(payment, "Dbtr")
        for transfer in payment.iterfind("{*}CdtTrfTxInf"):
            sent = _sent(transfer, debtor)
            movements.append(sent)
            if reason := (returned or {}).get(sent.reference):
                movements.append(_back(sent, reason))
    identification = _text(root, ".//{*}GrpHdr/{*}MsgId")
    return notify(f"N-{identification}"[:35], movements, booked_at=booked_at)


def receive(
    reference: str, *, amount: int, digits: int, currency: str, payer: Account, account: Account, booked_at: datetime
) -> bytes:
    """The notification of one payment received on the agency's account; `amount` is in minor units."""
    movement = Movement(reference, decimal_amount(amount, digits), currency, RECEIVED, payer, account, reference)
    return notify(f"R-{reference}"[:35], [movement], booked_at=booked_at)


def notify(identification: str, movements: list[Movement], *, booked_at: datetime) -> bytes:
    """The movements as one camt.054.001.08 message in UTF-8."""
    first = movements[0]
    own = first.creditor if first.code == RECEIVED else first.debtor
    root, report = _begin(NOTIFICATION, "BkToCstmrDbtCdtNtfctn", "Ntfctn", identification, own, booked_at)
    for number, movement in enumerate(movements, start=1):
        _add_entry(_add(report, "Ntry"), movement, f"{identification}-{number}", booked_at.date())
    return as_file(root)


def state(
    identification: str, movements: list[Movement], *, account: Account, day: date, written_at: datetime,
    opening: str, closing: str, currency: str,
) -> bytes:  # fmt: skip
    """The day's statement of the account, with its balances as decimal texts, below 0 with a minus in front."""
    root, report = _begin(STATEMENT, "BkToCstmrStmt", "Stmt", identification, account, written_at)
    for code, balance in (("OPBD", opening), ("CLBD", closing)):
        holder = _add(report, "Bal")
        _add(_add(_add(holder, "Tp"), "CdOrPrtry"), "Cd", code)
        _add(holder, "Amt", balance.lstrip("-")).set("Ccy", currency)
        _add(holder, "CdtDbtInd", "DBIT" if balance.startswith("-") else "CRDT")
        _add(_add(holder, "Dt"), "Dt", day.isoformat())
    for number, movement in enumerate(movements, start=1):
        _add_entry(_add(report, "Ntry"), movement, f"{identification}-{number}", day)
    return as_file(root)


def _begin(
    namespace: str, message: str, report: str, identification: str, account: Account, written_at: datetime
) -> tuple[Element, Element]:
    """A document, and the one report in it, ready for its entries."""
    ElementTree.register_namespace("", namespace)
    root = Element(f"{{{namespace}}}Document")
    outer = _add(root, message)
    header, created = _add(outer, "GrpHdr"), written_at.isoformat(timespec="seconds")
    _add(header, "MsgId", identification)
    _add(header, "CreDtTm", created)
    inner = _add(outer, report)
    _add(inner, "Id", identification)
    _add(inner, "CreDtTm", created)
    add_account(_add(inner, "Acct"), account.number)
    return root, inner


def _sent(transfer: Element, debtor: Account) -> Movement:
    amount = transfer.find("{*}Amt/{*}InstdAmt")
    if amount is None:
        raise ValueError("A transfer has no amount.")
    return Movement(
        reference=_text(transfer, "{*}PmtId/{*}EndToEndId"),
        amount=amount.text or "",
        currency=amount.get("Ccy", ""),
        code=ISSUED,
        debtor=debtor,
        creditor=_account(transfer, "Cdtr"),
        remittance=_text(transfer, "{*}RmtInf/{*}Ustrd"),
    )


def _back(sent: Movement, reason: str) -> Movement:
    return Movement(
        sent.reference, sent.amount, sent.currency, RETURNED, sent.debtor, sent.creditor, sent.remittance, reason
    )


def _add_entry(entry: Element, movement: Movement, reference: str, booked_on: date) -> None:
    direction = "DBIT" if movement.code == ISSUED else "CRDT"
    _add(entry, "NtryRef", reference[-35:])
    _add(entry, "Amt", movement.amount).set("Ccy", movement.currency)
    _add(entry, "CdtDbtInd", direction)
    _add(_add(entry, "Sts"), "Cd", "BOOK")
    _add(_add(entry, "BookgDt"), "Dt", booked_on.isoformat())
    _add(entry, "AcctSvcrRef", reference[-35:])
    domain, family, subfamily = movement.code
    code = _add(_add(entry, "BkTxCd"), "Domn")
    _add(code, "Cd", domain)
    families = _add(code, "Fmly")
    _add(families, "Cd", family)
    _add(families, "SubFmlyCd", subfamily)
    _add_details(_add(_add(entry, "NtryDtls"), "TxDtls"), movement, direction, reference[-35:])


def _add_details(details: Element, movement: Movement, direction: str, reference: str) -> None:
    references = _add(details, "Refs")
    _add(references, "AcctSvcrRef", reference)
    _add(references, "EndToEndId", movement.reference)
    _add(details, "Amt", movement.amount).set("Ccy", movement.currency)
    _add(details, "CdtDbtInd", direction)
    parties = _add(details, "RltdPties")
    for name, account in (("Dbtr", movement.debtor), ("Cdtr", movement.creditor)):
        _add(_add(_add(parties, name), "Pty"), "Nm", account.holder)
        add_account(_add(parties, f"{name}Acct"), account.number)
    if movement.debtor.bank:
        add_bank(_add(_add(details, "RltdAgts"), "DbtrAgt"), movement.debtor.bank)
    _add(_add(details, "RmtInf"), "Ustrd", movement.remittance)
    if movement.return_reason:
        _add(_add(_add(details, "RtrInf"), "Rsn"), "Cd", movement.return_reason)


def _account(parent: Element, party: str) -> Account:
    number = _text(parent, f"{{*}}{party}Acct/{{*}}Id/{{*}}IBAN")
    number = number or _text(parent, f"{{*}}{party}Acct/{{*}}Id/{{*}}Othr/{{*}}Id")
    return Account(holder=_text(parent, f"{{*}}{party}/{{*}}Nm"), number=number, bank="")


def _text(parent: Element, path: str) -> str:
    return (parent.findtext(path) or "").strip()


def _add(parent: Element, name: str, text: str | None = None) -> Element:
    namespace = parent.tag.rpartition("}")[0]
    child = SubElement(parent, f"{namespace}}}{name}")
    child.text = text
    return child
