"""The bank's reports are read entry by entry; what can't be trusted is refused whole.

The structure follows the published definitions of camt.054.001.08 and camt.053.001.08; no schema file
can be fetched here.
"""

from datetime import UTC, date, datetime
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from marketplace.claims import bank, camt
from marketplace.claims.pain001 import Account, write
from tests.unit.claims.test_pain001 import AGENCY, BATCH

DIGITS = {"KRW": 0, "EUR": 2}
SEOUL = ZoneInfo("Asia/Seoul")
BOOKED_AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def statement(entry: str, *, message: str = "053", body: str = "BkToCstmrStmt/Stmt") -> bytes:
    outer, inner = body.split("/")
    return (
        f'<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{message}.001.08">'
        f"<{outer}><{inner}>"
        f"<Acct><Id><Othr><Id>110</Id></Othr></Id></Acct>{entry}</{inner}></{outer}></Document>"
    ).encode()


ENTRY = (
    '<Ntry><NtryRef>N1</NtryRef><Amt Ccy="EUR">12.5</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
    "<BookgDt><Dt>2026-03-04</Dt></BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>"
    "<RmtInf><Strd><CdtrRefInf><Ref>COP-1</Ref></CdtrRefInf></Strd></RmtInf></TxDtls></NtryDtls></Ntry>"
)


def test_the_bank_answers_every_transfer_of_a_batch() -> None:
    entries = camt.read(bank.answer(write(BATCH), booked_at=BOOKED_AT), DIGITS, SEOUL)
    assert [(entry.reference, entry.amount, entry.direction) for entry in entries] == [
        ("PAY-2026-000001-1", 3_000_000, "debit"),
        ("PAY-2026-000001-2", 1, "debit"),
    ]
    assert entries[0].account == AGENCY.number.replace(" ", "")
    assert entries[0].booked_on == date(2026, 3, 4)
    assert len({entry.bank_reference for entry in entries}) == 2


def test_a_returned_transfer_comes_back_as_a_credit_with_its_reason() -> None:
    answered = bank.answer(write(BATCH), booked_at=BOOKED_AT, returned={"PAY-2026-000001-2": "AC04"})
    assert [(entry.direction, entry.return_reason) for entry in camt.read(answered, DIGITS, SEOUL)] == [
        ("debit", ""),
        ("debit", ""),
        ("credit", "AC04"),
    ]


def test_a_payment_received_names_its_payer() -> None:
    payer = Account("새봄정밀", "222-33", "")
    content = bank.receive(
        "COP-2026-000001", amount=500, digits=0, currency="KRW", payer=payer, account=AGENCY, booked_at=BOOKED_AT
    )
    (entry,) = camt.read(content, DIGITS, SEOUL)
    assert (entry.reference, entry.amount, entry.direction) == ("COP-2026-000001", 500, "credit")
    assert (entry.debtor, entry.debtor_account) == ("새봄정밀", "222-33")


def test_the_notification_has_the_prescribed_order() -> None:
    root = ElementTree.fromstring(
        bank.answer(write(BATCH), booked_at=BOOKED_AT, returned={"PAY-2026-000001-2": "AC04"})
    )

    def names(path: str) -> list[str]:
        return [child.tag.rpartition("}")[2] for child in root.findall(path)[-1]]

    assert root.tag == f"{{{bank.NAMESPACE}}}Document"
    assert names("{*}BkToCstmrDbtCdtNtfctn") == ["GrpHdr", "Ntfctn"]
    assert names(".//{*}Ntfctn")[:3] == ["Id", "CreDtTm", "Acct"]
    assert names(".//{*}Ntry") == [
        "NtryRef", "Amt", "CdtDbtInd", "Sts", "BookgDt", "AcctSvcrRef", "BkTxCd", "NtryDtls",
    ]  # fmt: skip
    assert names(".//{*}TxDtls") == ["Refs", "Amt", "CdtDbtInd", "RltdPties", "RmtInf", "RtrInf"]
    assert names(".//{*}RltdPties") == ["Dbtr", "DbtrAcct", "Cdtr", "CdtrAcct"]


def test_a_statement_is_read_like_a_notification() -> None:
    (entry,) = camt.read(statement(ENTRY), DIGITS, SEOUL)
    assert (entry.amount, entry.currency, entry.account) == (1250, "EUR", "110")
    assert (entry.reference, entry.remittance, entry.bank_reference) == ("", "COP-1", "N1/0")


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-03-04T23:30:00Z", date(2026, 3, 5)),
        ("2026-03-04T14:59:59+00:00", date(2026, 3, 4)),
        ("2026-03-05T00:30:00+09:00", date(2026, 3, 5)),
        ("2026-03-04T23:30:00", date(2026, 3, 4)),
    ],
)
def test_a_moment_of_booking_is_a_day_of_the_agency(moment: str, day: date) -> None:
    entry = ENTRY.replace("<BookgDt><Dt>2026-03-04</Dt>", f"<BookgDt><DtTm>{moment}</DtTm>")
    (movement,) = camt.read(statement(entry), DIGITS, SEOUL)
    assert (movement.booked_on, movement.valued_on) == (day, day)


@pytest.mark.parametrize("day", ["2026-03-04", "2026-03-04Z", "2026-03-04+09:00", "2026-03-04-11:30"])
def test_a_day_may_end_with_its_offset_from_utc(day: str) -> None:
    (movement,) = camt.read(statement(ENTRY.replace("2026-03-04", day)), DIGITS, SEOUL)
    assert movement.booked_on == date(2026, 3, 4)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-12:00", "2026-03-04T25:00:00"])
def test_a_moment_at_the_edge_of_time_is_refused(moment: str) -> None:
    entry = ENTRY.replace("<BookgDt><Dt>2026-03-04</Dt>", f"<BookgDt><DtTm>{moment}</DtTm>")
    with pytest.raises(camt.BadReport):
        camt.read(statement(entry), DIGITS, SEOUL)


def test_all_free_text_of_a_transaction_is_read() -> None:
    words = (
        "<RmtInf><Ustrd>KANCL 2026</Ustrd><Ustrd>second line</Ustrd>"
        "<Strd><CdtrRefInf><Ref>COP-1</Ref></CdtrRefInf><AddtlRmtInf>third</AddtlRmtInf></Strd></RmtInf>"
        "<AddtlTxInf>fourth</AddtlTxInf>"
    )
    entry = ENTRY.replace(ENTRY[ENTRY.index("<RmtInf>") : ENTRY.index("</TxDtls>")], words)
    entry = entry.replace("</Ntry>", "<AddtlNtryInf>fifth</AddtlNtryInf></Ntry>")
    (movement,) = camt.read(statement(entry), DIGITS, SEOUL)
    assert movement.remittance == "KANCL 2026 second line COP-1 third fourth fifth"


def test_a_payment_counts_from_its_value_date() -> None:
    entry = ENTRY.replace("</BookgDt>", "</BookgDt><ValDt><Dt>2026-03-01</Dt></ValDt>")
    (movement,) = camt.read(statement(entry), DIGITS, SEOUL)
    assert (movement.booked_on, movement.valued_on) == (date(2026, 3, 4), date(2026, 3, 1))


def test_what_is_not_booked_yet_is_left_alone() -> None:
    assert camt.read(statement(ENTRY.replace("BOOK", "PDNG")), DIGITS, SEOUL) == []


def test_each_transaction_of_a_collective_entry_counts_with_its_own_amount() -> None:
    one = '<TxDtls><Refs><EndToEndId>{0}</EndToEndId></Refs><Amt Ccy="EUR">{1}</Amt></TxDtls>'
    details = one.format("A", "10") + one.format("B", "2.50")
    entry = ENTRY[: ENTRY.index("<TxDtls>")] + details + "</NtryDtls></Ntry>"
    assert [(movement.reference, movement.amount) for movement in camt.read(statement(entry), DIGITS, SEOUL)] == [
        ("A", 1000),
        ("B", 250),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<a/>",
        b"\xff\xfe",
        statement(ENTRY).replace(b'"1.0"', b'"1.0" encoding="EUC-KR"'),
        statement(ENTRY).replace(b'"1.0"', b'"1.0" encoding="none"'),
        statement(ENTRY, message="052"),
        statement(ENTRY).replace(b"<Document", b'<!DOCTYPE Document [<!ENTITY x "y">]><Document'),
        statement(ENTRY.replace("12.5", "12.505")),
        statement(ENTRY.replace("12.5", "1e3")),
        statement(ENTRY.replace("12.5", "NaN")),
        statement(ENTRY.replace("12.5", "-1")),
        statement(ENTRY.replace("12.5", "١٢")),
        statement(ENTRY.replace("12.5", "")),
        statement(ENTRY.replace('"EUR"', '"XXX"')),
        statement(ENTRY.replace("CRDT", "")),
        statement(ENTRY.replace("2026-03-04", "2026-02-30")),
        statement(ENTRY.replace("<NtryRef>N1</NtryRef>", "")),
        statement(ENTRY.replace("</TxDtls>", "</TxDtls><TxDtls/>")),
    ],
)
def test_a_report_that_cannot_be_trusted_is_refused_whole(content: bytes) -> None:
    with pytest.raises(camt.BadReport):
        camt.read(content, DIGITS, SEOUL)
