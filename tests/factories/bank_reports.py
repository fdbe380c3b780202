"""Writes reports as banks do: entries with or without details, one by one or collective, in any kind of report."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from xml.sax.saxutils import escape

from marketplace.core import clock
from tests.embedded_server import OWN_ACCOUNT

BODIES = {
    "camt.052": ("BkToCstmrAcctRpt", "Rpt"),
    "camt.053": ("BkToCstmrStmt", "Stmt"),
    "camt.054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}
numbers = count(1)


@dataclass(frozen=True)
class Detail:
    """One transaction of an entry; without an amount the bank doesn't say it."""

    reference: str = "NOTPROVIDED"
    amount: int | None = None
    currency: str = "KRW"
    mark: str = ""
    words: str = ""
    payer: str = "Company"
    account: str = "111-222"
    charge: int = 0
    reason: str = ""
    direction: str = ""

    def xml(self) -> str:
        """Its TxDtls."""
        mark = f"<AcctSvcrRef>{self.mark}</AcctSvcrRef>" if self.mark else ""
        amount = "" if self.amount is None else f'<Amt Ccy="{self.currency}">{self.amount}</Amt>'
        kept = f'<Chrgs><Rcrd><Amt Ccy="{self.currency}">{self.charge}</Amt></Rcrd></Chrgs>' if self.charge else ""
        party = f"<Dbtr><Pty><Nm>{escape(self.payer)}</Nm></Pty></Dbtr>" if self.payer else ""
        account = f"<DbtrAcct><Id><Othr><Id>{self.account}</Id></Othr></Id></DbtrAcct>" if self.account else ""
        words = f"<RmtInf><Ustrd>{escape(self.words)}</Ustrd></RmtInf>" if self.words else ""
        reason = f"<RtrInf><Rsn><Cd>{self.reason}</Cd></Rsn></RtrInf>" if self.reason else ""
        references = f"<Refs>{mark}<EndToEndId>{escape(self.reference)}</EndToEndId></Refs>"
        parties = f"<RltdPties>{party}{account}</RltdPties>"
        way = f"<CdtDbtInd>{self.direction}</CdtDbtInd>" if self.direction else ""
        return f"<TxDtls>{references}{amount}{way}{kept}{parties}{words}{reason}</TxDtls>"


@dataclass(frozen=True)
class Entry:
    """One entry; `amount` is signed: below 0 it left."""

    amount: int
    details: Sequence[Detail] = ()
    on: date | None = None
    mark: str = ""
    batch: str = ""
    reversal: bool = False
    words: str = ""
    currency: str = "KRW"
    more: str = field(default="")

    def xml(self) -> str:
        """Its Ntry."""
        on = (self.on or clock.today()).isoformat()
        batch = f"<Btch><PmtInfId>{self.batch}</PmtInfId></Btch>" if self.batch else ""
        inside = batch + "".join(detail.xml() for detail in self.details)
        return (
            f'<Ntry><Amt Ccy="{self.currency}">{abs(self.amount)}</Amt>'
            f"<CdtDbtInd>{'CRDT' if self.amount > 0 else 'DBIT'}</CdtDbtInd>"
            f"{'<RvslInd>true</RvslInd>' if self.reversal else ''}<Sts><Cd>BOOK</Cd></Sts>"
            f"<BookgDt><Dt>{on}</Dt></BookgDt>{f'<AcctSvcrRef>{self.mark}</AcctSvcrRef>' if self.mark else ''}"
            f"{f'<NtryDtls>{inside}</NtryDtls>' if inside else ''}"
            f"{f'<AddtlNtryInf>{escape(self.words)}</AddtlNtryInf>' if self.words else ''}{self.more}</Ntry>"
        )


def report(
    kind: str,
    *entries: Entry,
    opening: int | None = None,
    closing: int | None = None,
    on: date | None = None,
    page: str = "",
    name: str = "",
    account: str = "",
) -> bytes:
    """A report of the agency's account; each call is another file."""
    outer, inner = BODIES[kind]
    day = on or clock.today()
    balances = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="KRW">{abs(value)}</Amt>'
        f"<CdtDbtInd>{'CRDT' if value >= 0 else 'DBIT'}</CdtDbtInd><Dt><Dt>{day.isoformat()}</Dt></Dt></Bal>"
        for code, value in (("OPBD", opening), ("CLBD", closing))
        if value is not None
    )
    number, named = account or OWN_ACCOUNT, name or f"S{next(numbers)}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:{kind}.001.08">'
        f"<{outer}><GrpHdr><MsgId>M{next(numbers)}</MsgId></GrpHdr><{inner}><Id>{named}</Id>{page}"
        f"<Acct><Id><Othr><Id>{number}</Id></Othr></Id></Acct>{balances}{''.join(one.xml() for one in entries)}"
        f"</{inner}></{outer}></Document>"
    ).encode()


def notification(*entries: Entry) -> bytes:
    """A camt.054."""
    return report("camt.054", *entries)


def statement(*entries: Entry, opening: int = 0, on: date | None = None) -> bytes:
    """A camt.053 that adds up."""
    return report(
        "camt.053", *entries, opening=opening, closing=opening + sum(entry.amount for entry in entries), on=on
    )
