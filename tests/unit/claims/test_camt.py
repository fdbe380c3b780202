"""The bank's reports are read entry by entry: an odd one is set aside, what is no report is refused whole.

The structure follows the published definitions of camt.054.001.08 and camt.053.001.08; no schema file
can be fetched here.
"""

import io
import zipfile
from datetime import UTC, date, datetime
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from marketplace.claims import bank, bank_files, camt
from marketplace.claims.camt import Booking, Part, Report
from marketplace.claims.pain001 import Account, write
from marketplace.core.i18n import force_locale
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


def read(content: bytes) -> list[Report]:
    return camt.read(content, DIGITS, SEOUL)


def bookings(content: bytes) -> list[Booking]:
    """Every booked entry of a file in which nothing is odd."""
    reports = read(content)
    assert [report.odd for report in reports if report.odd] == []
    return [booking for report in reports for booking in report.bookings]


def parts(content: bytes) -> list[Part]:
    """Every part of them."""
    return [part for booking in bookings(content) for part in booking.parts]


ENTRY = (
    '<Ntry><NtryRef>N1</NtryRef><Amt Ccy="EUR">12.5</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
    "<BookgDt><Dt>2026-03-04</Dt></BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>"
    "<RmtInf><Strd><CdtrRefInf><Ref>COP-1</Ref></CdtrRefInf></Strd></RmtInf></TxDtls></NtryDtls></Ntry>"
)


def test_the_bank_answers_every_transfer_of_a_batch() -> None:
    content = bank.answer(write(BATCH), booked_at=BOOKED_AT)
    assert [(part.reference, part.amount, part.direction) for part in parts(content)] == [
        ("PAY-2026-000001-1", 3_000_000, "debit"),
        ("PAY-2026-000001-2", 1, "debit"),
    ]
    entries = bookings(content)
    assert entries[0].account == AGENCY.number.replace(" ", "")
    assert entries[0].booked_on == date(2026, 3, 4)
    assert len({entry.bank_reference for entry in entries}) == 2


def test_a_returned_transfer_comes_back_as_a_credit_with_its_reason() -> None:
    answered = bank.answer(write(BATCH), booked_at=BOOKED_AT, returned={"PAY-2026-000001-2": "AC04"})
    assert [(part.direction, part.return_reason) for part in parts(answered)] == [
        ("debit", ""),
        ("debit", ""),
        ("credit", "AC04"),
    ]


def test_a_payment_received_names_its_payer() -> None:
    payer = Account("새봄정밀", "222-33", "")
    content = bank.receive(
        "COP-2026-000001", amount=500, digits=0, currency="KRW", payer=payer, account=AGENCY, booked_at=BOOKED_AT
    )
    (entry,) = parts(content)
    assert (entry.reference, entry.amount, entry.direction) == ("COP-2026-000001", 500, "credit")
    assert (entry.debtor, entry.debtor_account) == ("새봄정밀", "222-33")


def test_the_notification_has_the_prescribed_order() -> None:
    root = ElementTree.fromstring(
        bank.answer(write(BATCH), booked_at=BOOKED_AT, returned={"PAY-2026-000001-2": "AC04"})
    )

    def names(path: str) -> list[str]:
        return [child.tag.rpartition("}")[2] for child in root.findall(path)[-1]]

    assert root.tag == f"{{{bank.NOTIFICATION}}}Document"
    assert names("{*}BkToCstmrDbtCdtNtfctn") == ["GrpHdr", "Ntfctn"]
    assert names(".//{*}Ntfctn")[:3] == ["Id", "CreDtTm", "Acct"]
    assert names(".//{*}Ntry") == [
        "NtryRef", "Amt", "CdtDbtInd", "Sts", "BookgDt", "AcctSvcrRef", "BkTxCd", "NtryDtls",
    ]  # fmt: skip
    assert names(".//{*}TxDtls") == ["Refs", "Amt", "CdtDbtInd", "RltdPties", "RmtInf", "RtrInf"]
    assert names(".//{*}RltdPties") == ["Dbtr", "DbtrAcct", "Cdtr", "CdtrAcct"]


def test_a_statement_is_read_like_a_notification() -> None:
    (entry,) = bookings(statement(ENTRY))
    assert (entry.amount, entry.currency, entry.account, entry.bank_reference) == (1250, "EUR", "110", "N1")
    (part,) = entry.parts
    assert (part.reference, part.remittance, part.amount) == ("", "COP-1", 1250)


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
    (movement,) = bookings(statement(entry))
    assert (movement.booked_on, movement.valued_on) == (day, day)


@pytest.mark.parametrize("day", ["2026-03-04", "2026-03-04Z", "2026-03-04+09:00", "2026-03-04-11:30"])
def test_a_day_may_end_with_its_offset_from_utc(day: str) -> None:
    (movement,) = bookings(statement(ENTRY.replace("2026-03-04", day)))
    assert movement.booked_on == date(2026, 3, 4)


def test_all_free_text_of_a_transaction_is_read() -> None:
    words = (
        "<RmtInf><Ustrd>KANCL 2026</Ustrd><Ustrd>second line</Ustrd>"
        "<Strd><CdtrRefInf><Ref>COP-1</Ref></CdtrRefInf><AddtlRmtInf>third</AddtlRmtInf></Strd></RmtInf>"
        "<AddtlTxInf>fourth</AddtlTxInf>"
    )
    entry = ENTRY.replace(ENTRY[ENTRY.index("<RmtInf>") : ENTRY.index("</TxDtls>")], words)
    entry = entry.replace("</Ntry>", "<AddtlNtryInf>fifth</AddtlNtryInf></Ntry>")
    (movement,) = parts(statement(entry))
    assert movement.remittance == "KANCL 2026 second line COP-1 third fourth fifth"


def test_a_payment_counts_from_its_value_date() -> None:
    entry = ENTRY.replace("</BookgDt>", "</BookgDt><ValDt><Dt>2026-03-01</Dt></ValDt>")
    (movement,) = bookings(statement(entry))
    assert (movement.booked_on, movement.valued_on) == (date(2026, 3, 4), date(2026, 3, 1))


def test_what_is_not_booked_yet_is_left_alone() -> None:
    (report,) = read(statement(ENTRY.replace("BOOK", "PDNG") + ENTRY))
    assert (report.announced, len(report.bookings)) == (1, 1)


def test_each_transaction_of_a_collective_entry_counts_with_its_own_amount() -> None:
    one = '<TxDtls><Refs><EndToEndId>{0}</EndToEndId></Refs><Amt Ccy="EUR">{1}</Amt></TxDtls>'
    details = one.format("A", "10") + one.format("B", "2.50")
    entry = ENTRY[: ENTRY.index("<TxDtls>")] + details + "</NtryDtls></Ntry>"
    assert [(movement.reference, movement.amount) for movement in parts(statement(entry))] == [
        ("A", 1000),
        ("B", 250),
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"<a/>", "not a report"),
        (b"\xff\xfe", "not plain XML"),
        (statement(ENTRY).replace(b'"1.0"', b'"1.0" encoding="none"'), "not plain XML"),
        (statement(ENTRY).replace(b"<Document", b'<!DOCTYPE Document [<!ENTITY x "y">]><Document'), "may do harm"),
        (statement(ENTRY).replace(b"<Document", b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><Document'), "may do harm"),
        (statement(ENTRY).replace(b".001.08", b".001.01"), "version 01"),
        (statement(ENTRY).replace(b".001.08", b".001.99"), "version 99"),
        (statement(ENTRY, body="BkToCstmrDbtCdtNtfctn/Stmt"), "not a report"),
        (statement(ENTRY).replace(b"COP-1", b"\xb0\xa1"), "not plain XML"),
    ],
)
def test_what_is_no_report_is_refused_with_words(content: bytes, why: str) -> None:
    with pytest.raises(bank_files.BadReport) as refused:
        read(content)
    with force_locale("en"):
        assert why in str(refused.value.words)


ODD = {
    ENTRY.replace("12.5", "12.505"): "more digits",
    ENTRY.replace("12.5", "1e3"): "not a plain number",
    ENTRY.replace("12.5", "NaN"): "not a plain number",
    ENTRY.replace("12.5", "-1"): "not a plain number",
    ENTRY.replace("12.5", "١٢"): "not a plain number",
    ENTRY.replace("12.5", "9" * 19): "not a plain number",
    ENTRY.replace("12.5", "9" * 18): "not a plain number",
    ENTRY.replace("12.5", ""): "no money moved",
    ENTRY.replace("12.5", "0.00"): "no money moved",
    ENTRY.replace('"EUR"', '"XXX"'): "no currency",
    ENTRY.replace(' Ccy="EUR"', ""): "no currency",
    ENTRY.replace("CRDT", ""): "credit or a debit",
    ENTRY.replace("2026-03-04", "2026-02-30"): "no booking date",
    ENTRY.replace("<BookgDt><Dt>2026-03-04</Dt></BookgDt>", ""): "no booking date",
    ENTRY.replace("2026-03-04", "0001-01-01"): "out of all bounds",
    ENTRY.replace("2026-03-04", "9999-12-31"): "out of all bounds",
    ENTRY.replace("<Dt>2026-03-04</Dt>", "<DtTm>0001-01-01T00:00:00+14:00</DtTm>"): "no booking date",
    ENTRY.replace("<Dt>2026-03-04</Dt>", "<DtTm>9999-12-31T23:00:00-12:00</DtTm>"): "no booking date",
    ENTRY.replace("<Dt>2026-03-04</Dt>", "<DtTm>2026-03-04T25:00:00</DtTm>"): "no booking date",
}


@pytest.mark.parametrize(("odd", "why"), ODD.items())
def test_one_odd_entry_is_set_aside_with_its_reason_and_the_rest_is_taken(odd: str, why: str) -> None:
    (report,) = read(statement(ENTRY + odd + ENTRY))
    assert [booking.number for booking in report.bookings] == [1, 3]
    ((number, said, words),) = [(one.number, one.said, one.why) for one in report.odd]
    assert number == 2
    with force_locale("en"):
        assert why in str(words)
    assert "N1" in said


@pytest.mark.parametrize("amount", ["12.50", "+12.5", "000000000000000012.5", " 12.5\n", "12.500"])
def test_an_amount_is_read_as_the_schema_has_it(amount: str) -> None:
    (booking,) = bookings(statement(ENTRY.replace("12.5", amount)))
    assert booking.amount == 1250


def details(*transactions: str, amount: str = "100", direction: str = "CRDT", more: str = "") -> bytes:
    """A statement of one entry that these transactions divide."""
    inside = "".join(f"<TxDtls>{one}</TxDtls>" for one in transactions)
    head = ENTRY[: ENTRY.index("<NtryDtls>")].replace("12.5", amount).replace("CRDT", direction)
    return statement(f"{head}{more}<NtryDtls>{inside}</NtryDtls></Ntry>")


def amount_of(value: str, *, currency: str = "EUR", reference: str = "A", more: str = "") -> str:
    return f'<Refs><EndToEndId>{reference}</EndToEndId></Refs><Amt Ccy="{currency}">{value}</Amt>{more}'


def divided(content: bytes) -> list[tuple[str, int, str, bool]]:
    return [(part.reference, part.amount, part.direction.value, part.is_charge) for part in parts(content)]


CHARGED = '<Chrgs><Rcrd><Amt Ccy="EUR">{}</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs>'


def test_the_entry_is_the_truth_and_what_its_details_lack_is_a_charge() -> None:
    kept = CHARGED.format("20")
    assert divided(details(amount_of("120", more=kept))) == [
        ("A", 12000, "credit", False),
        ("", 2000, "debit", True),
    ], "the payer paid 120, the bank kept 20"
    assert divided(details(amount_of("80", more=kept), direction="DBIT")) == [
        ("A", 8000, "debit", False),
        ("", 2000, "debit", True),
    ], "80 were paid, and the bank took 20 for it"
    assert divided(details(amount_of("101"))) == [("A", 10100, "credit", False), ("", 100, "debit", True)]
    assert divided(details(amount_of("100", more=kept))) == [("A", 10000, "credit", False)], "told, and not deducted"


def test_a_difference_that_is_too_large_for_a_charge_divides_nothing() -> None:
    assert divided(details(amount_of("102"))) == [("A", 10000, "credit", False)]
    (part,) = parts(details(amount_of("600"), amount_of("400", reference="B")))
    assert (part.amount, part.single, part.remittance) == (10000, False, "A B")


def test_what_details_do_not_explain_of_a_credit_is_a_part_of_its_own() -> None:
    assert divided(details(amount_of("60"), amount_of("30", reference="B"))) == [
        ("A", 6000, "credit", False),
        ("B", 3000, "credit", False),
        ("", 1000, "credit", False),
    ]


def test_an_amount_in_another_currency_is_never_booked_as_the_accounts() -> None:
    assert divided(details(amount_of("7", currency="KRW"))) == [("A", 10000, "credit", False)]
    two = [amount_of("7", currency="KRW"), amount_of("9", currency="KRW", reference="B")]
    (part,) = parts(details(*two))
    assert (part.amount, part.single) == (10000, False)
    counter = '<AmtDtls><CntrValAmt><Amt Ccy="EUR">{}</Amt></CntrValAmt></AmtDtls>'
    valued = [one + counter.format(value) for one, value in zip(two, ("30", "70"), strict=True)]
    assert [part.amount for part in parts(details(*valued))] == [3000, 7000]


def test_amounts_stand_where_banks_write_them() -> None:
    inner = '<Refs><EndToEndId>{0}</EndToEndId></Refs><AmtDtls><{1}><Amt Ccy="EUR">{2}</Amt></{1}></AmtDtls>'
    for place in ("TxAmt", "InstdAmt"):
        content = details(inner.format("A", place, "40"), inner.format("B", place, "60"))
        assert [(part.reference, part.amount) for part in parts(content)] == [("A", 4000), ("B", 6000)]
    both = amount_of("100") + '<AmtDtls><InstdAmt><Amt Ccy="EUR">105</Amt></InstdAmt></AmtDtls>'
    assert divided(details(both)) == [("A", 10000, "credit", False)], "what adds up to the entry is meant"
    (whole,) = parts(details("<Refs><EndToEndId>A</EndToEndId></Refs>", "<Refs><EndToEndId>B</EndToEndId></Refs>"))
    assert (whole.amount, whole.reference, whole.remittance) == (10000, "", "A B")


def test_a_collective_entry_of_both_directions_nets() -> None:
    less = amount_of("20", reference="B", more="<CdtDbtInd>DBIT</CdtDbtInd>")
    assert divided(details(amount_of("120"), less)) == [("A", 12000, "credit", False), ("B", 2000, "debit", False)]


TAGGED = "<NtryDtls><TxDtls><Refs><InstrId>PAY-2026-000001-0001</InstrId></Refs></TxDtls></NtryDtls>"


@pytest.mark.parametrize(
    ("where", "reference"),
    [
        ("<NtryDtls><Btch><PmtInfId>PAY-2026-000001</PmtInfId></Btch></NtryDtls>", "PAY-2026-000001"),
        ("<NtryDtls><Btch><MsgId>PAY-2026-000001</MsgId></Btch></NtryDtls>", "PAY-2026-000001"),
        ("<NtryDtls><TxDtls><Refs><PmtInfId>PAY-2026-000001</PmtInfId></Refs></TxDtls></NtryDtls>", "PAY-2026-000001"),
        (TAGGED, "PAY-2026-000001-0001"),
    ],
)  # fmt: skip
def test_a_batch_is_named_on_whatever_level(where: str, reference: str) -> None:
    head = ENTRY[: ENTRY.index("<NtryDtls>")].replace("CRDT", "DBIT")
    (part,) = parts(statement(f"{head}{where}</Ntry>"))
    assert part.reference == reference
    assert part.single == reference.endswith("-0001")


BALANCE = (
    '<Bal><Tp><CdOrPrtry><Cd>{}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{}</Amt>'
    "<CdtDbtInd>{}</CdtDbtInd><Dt><Dt>2026-03-04</Dt></Dt></Bal>"
)


def balanced(opening: str, closing: str, *entries: str, codes: tuple[str, str] = ("OPBD", "CLBD")) -> bytes:
    ends = [
        BALANCE.format(code, value.lstrip("-"), "DBIT" if value.startswith("-") else "CRDT")
        for code, value in zip(codes, (opening, closing), strict=True)
    ]
    return statement("".join(ends) + "".join(entries))


@pytest.mark.parametrize(
    ("content", "verdict", "difference"),
    [
        (balanced("100", "125", ENTRY, ENTRY), "proved", 0),
        (balanced("-20", "-7.5", ENTRY), "proved", 0),
        (balanced("100", "100"), "proved", 0),
        (balanced("100", "112.5", ENTRY, codes=("PRCD", "CLBD")), "proved", 0),
        (balanced("100", "112.5", ENTRY, codes=("OPBD", "ITBD")), "proved", 0),
        (balanced("100", "112.5", ENTRY, codes=("ITBD", "CLBD")), "proved", 0),
        (balanced("100", "112.5", ENTRY, codes=("ITBD", "ITBD")), "proved", 0),
        (balanced("100", "125", ENTRY), "differs", 1250),
        (balanced("100", "112.5", ENTRY, codes=("XPCD", "CLBD")), "no_balances", 0),
        (balanced("100", "112.5", ENTRY, codes=("OPBD", "CLAV")), "no_balances", 0),
        (statement(ENTRY), "no_balances", 0),
        (statement(ENTRY, message="054", body="BkToCstmrDbtCdtNtfctn/Ntfctn"), None, 0),
    ],
)
def test_opening_and_entries_are_the_closing_balance(content: bytes, verdict: str | None, difference: int) -> None:
    (report,) = read(content)
    assert (report.sum, report.difference) == (verdict, difference)


def test_a_statement_with_an_odd_entry_proves_nothing() -> None:
    (report,) = read(balanced("100", "112.5", ENTRY, ENTRY.replace("12.5", "0")))
    assert report.sum == "differs"


REVERSAL = ENTRY.replace("</CdtDbtInd>", "</CdtDbtInd><RvslInd>true</RvslInd>")


@pytest.mark.parametrize(
    ("content", "direction"),
    [
        # By the standard the mark changes nothing.
        (statement(REVERSAL.replace("CRDT", "DBIT").replace("COP-1", "COP-2026-000001")), "debit"),
        (statement(REVERSAL.replace("COP-1", "PAY-2026-000001-0001")), "credit"),
        (statement(REVERSAL), "credit"),
        # Some banks keep what the reversed entry said; its reference shows it ...
        (statement(REVERSAL.replace("COP-1", "COP-2026-000001")), "debit"),
        (statement(REVERSAL.replace("CRDT", "DBIT").replace("COP-1", "PAY-2026-000001-0001")), "credit"),
        # ... and the balances above all.
        (balanced("100", "87.5", REVERSAL), "debit"),
        (balanced("100", "112.5", REVERSAL.replace("COP-1", "COP-2026-000001")), "credit"),
        (balanced("100", "112.5", REVERSAL.replace("CRDT", "DBIT")), "credit"),
    ],
)
def test_a_reversal_goes_the_way_that_its_money_went(content: bytes, direction: str) -> None:
    (booking,) = bookings(content)
    assert (booking.is_reversal, booking.direction, booking.parts[0].direction) == (True, direction, direction)


@pytest.mark.parametrize("version", ["02", "03", "04", "06", "08", "09", "10", "11", "12", "13"])
@pytest.mark.parametrize(
    ("message", "body"),
    [
        ("052", "BkToCstmrAcctRpt/Rpt"),
        ("053", "BkToCstmrStmt/Stmt"),
        ("054", "BkToCstmrDbtCdtNtfctn/Ntfctn"),
    ],
)
def test_every_version_of_the_three_reports_is_read(version: str, message: str, body: str) -> None:
    old = version < "08"
    party = "<RltdPties><Dbtr>{}</Dbtr></RltdPties>".format("<Nm>Firm</Nm>" if old else "<Pty><Nm>Firm</Nm></Pty>")
    entry = ENTRY.replace("<RmtInf>", f"{party}<RmtInf>")
    entry = entry.replace("<Sts><Cd>BOOK</Cd></Sts>", "<Sts>BOOK</Sts>") if old else entry
    content = statement(entry + entry.replace("BOOK", "INFO"), message=message, body=body)
    (report,) = read(content.replace(b".001.08", f".001.{version}".encode()))
    assert (report.kind, len(report.bookings), report.announced) == (f"camt.{message}", 1, 1)
    assert report.bookings[0].parts[0].debtor == "Firm"


def test_a_report_is_known_by_what_it_holds_whatever_its_namespace_or_envelope() -> None:
    plain = statement(ENTRY)
    bare = plain.replace(b' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"', b"")
    wrapped = bare.replace(b'<?xml version="1.0"?>', b"<Envelope><AppHdr/>") + b"</Envelope>"
    prefixed = (
        plain.replace(b"<", b"<x:").replace(b"<x:/", b"</x:").replace(b"<x:?", b"<?").replace(b"xmlns=", b"xmlns:x=")
    )
    for content in (plain, bare, wrapped, prefixed, b"\xef\xbb\xbf" + plain, plain.decode().encode("utf-16")):
        assert [booking.amount for booking in bookings(content)] == [1250]


@pytest.mark.parametrize("encoding", ["EUC-KR", "euc-kr", "ks_c_5601-1987", "MS949"])
def test_korean_encodings_are_read(encoding: str) -> None:
    korean = statement(ENTRY.replace("COP-1", "새봄정밀 뷁")).decode()
    content = korean.replace('"1.0"', f'"1.0" encoding="{encoding}"').encode("cp949")
    assert [part.remittance for part in parts(content)] == ["새봄정밀 뷁"]
    with pytest.raises(bank_files.BadReport, match="UTF-8"):
        read(content.replace("새".encode("cp949"), b"\xff\xff"))


def test_accounts_and_statements_of_one_file_are_kept_apart() -> None:
    one = statement(ENTRY).decode()
    inner = one[one.index("<Stmt>") : one.index("</BkToCstmrStmt>")]
    content = one.replace("</BkToCstmrStmt>", inner.replace(">110<", ">220<") + "</BkToCstmrStmt>")
    assert [(report.account, len(report.bookings)) for report in read(content.encode())] == [("110", 1), ("220", 1)]


def packed(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_xml", ".xml"), content)
    return made.getvalue()


def test_a_zip_is_opened_and_what_may_do_harm_is_not() -> None:
    assert [one.name for one in bank_files.unpack(packed(a_xml=b"1", b_xml=b"2"), "up.zip")] == ["a.xml", "b.xml"]
    assert bank_files.unpack(b"<a/>", "one.xml") == [("one.xml", b"<a/>")]
    merged = b'\xef\xbb\xbf<?xml version="1.0"?><a/>\n<?xml version="1.0"?><b/>'  # several documents in one file
    assert [bank_files.parse(one.content).tag for one in bank_files.unpack(merged, "one.xml")] == ["a", "b"]
    assert len(bank_files.unpack(b"<a/>" + merged, "one.xml")) == 1
    hidden = packed(**{"__MACOSX/a": b"", "x/": b"", "d/.DS": b"", "d\\b_xml": b"2"})
    assert [one.name for one in bank_files.unpack(hidden, "up.zip")] == ["b.xml"]
    bomb = packed(a_xml=b"0" * (bank_files.MAX_BYTES + 1))
    many = packed(**{f"{number}_xml": b"" for number in range(bank_files.MOST_FILES + 1)})
    lying = bytearray(packed(a_xml=b"0" * (bank_files.MAX_BYTES + 1)))
    for mark in (b"PK\x01\x02", b"PK\x03\x04"):
        at = lying.index(mark) + (24 if mark[2:3] == b"\x01" else 22)
        lying[at : at + 4] = (10).to_bytes(4, "little")
    secret = bytearray(packed(a_xml=b"1"))
    secret[secret.index(b"PK\x01\x02") + 8] |= 1
    for content in (bomb, many, bytes(lying), bytes(secret), packed(), b"PK\x03\x04no", b"\x1f\x8b\x08", b"%PDF-1.7"):
        with pytest.raises(bank_files.BadReport):
            bank_files.unpack(content, "up.zip")


def balance(code: str, amount: int, currency: str) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{amount}</Amt>'
        "<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-04</Dt></Dt></Bal>"
    )


def test_balances_in_different_currencies_prove_nothing() -> None:
    for opening, closing, entries in (("KRW", "EUR", ""), ("KRW", "KRW", ENTRY)):
        (one,) = read(statement(balance("OPBD", 5, opening) + balance("CLBD", 5, closing) + entries))
        assert (one.sum, one.difference) == ("currencies", 0)


def test_a_statement_without_entries_is_in_the_currency_of_its_balances() -> None:
    for written in ("KRW", "krw"):
        (one,) = read(statement(balance("OPBD", 5, written) + balance("CLBD", 5, written)))
        assert (one.currency, one.sum, one.opening) == ("KRW", "proved", 5)
    assert read(statement("<Acct><Ccy>XYZ</Ccy></Acct>"))[0].currency == ""


def test_numbers_and_texts_beyond_all_measure_are_refused_or_set_aside() -> None:
    for count in ("\u00b2", "9" * 5000, "-1", ""):
        batch = f"<NtryDtls><Btch><NbOfTxs>{count}</NbOfTxs></Btch>"
        assert len(bookings(statement(ENTRY.replace("<NtryDtls>", batch)))) == 1
    for old in ("N1", "NOTPROVIDED"):
        (one,) = read(statement(ENTRY.replace(old, "x" * 9000)))
        assert (len(one.odd), one.bookings) == (1, ())
    with pytest.raises(camt.BadReport):
        read(statement("").replace(b">110<", b">" + b"1" * 9000 + b"<"))
    with pytest.raises(camt.BadReport):
        read(statement(ENTRY.replace("12.5", "9" * 16) * 12))


def test_the_last_moment_of_a_day_is_the_next_day_and_a_value_date_alone_is_not_enough() -> None:
    moment = ENTRY.replace("<Dt>2026-03-04</Dt>", "<DtTm>2026-03-04T24:00:00</DtTm>")
    assert bookings(statement(moment))[0].booked_on == date(2026, 3, 5)
    (one,) = read(statement(ENTRY.replace("BookgDt", "ValDt")))
    with force_locale("en"):
        assert "value date alone" in str(one.odd[0].why)


def test_a_first_line_that_says_another_encoding_than_the_file_is_in() -> None:
    def written(named: str) -> str:
        given = ENTRY.replace("COP-1", "\ud64d\uae38\ub3d9\u202e")
        return statement(given).decode().replace('"1.0"', f'"1.0" encoding="{named}"')

    files = (
        b"\r\n  " + written("UTF-8").encode(),
        written("utf-16").encode(),
        b"\xef\xbb\xbf" + written("EUC-KR").encode(),
        written("x-windows-949").replace("\u202e", "").encode("cp949"),
    )
    for content in files:
        assert parts(content)[0].remittance == "\ud64d\uae38\ub3d9", "and no sign that turns the words around"
    with pytest.raises(camt.BadReport, match="UTF-8"):
        read(b"\xef\xbb\xbf" + written("EUC-KR").replace("\u202e", "").encode("cp949"))


def test_a_zip_whose_data_is_damaged_is_refused_with_words() -> None:
    for method in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", method) as archive:
            archive.writestr("a.xml", statement(ENTRY))
        damaged = bytearray(packed.getvalue())
        damaged[40:90] = bytes(one ^ 0x5A for one in damaged[40:90])
        with pytest.raises(bank_files.BadReport):
            bank_files.unpack(bytes(damaged), "a.zip")
