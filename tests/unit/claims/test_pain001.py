"""The payment file has the structure ISO 20022 prescribes for pain.001.001.09.

The schema file can't be fetched here, so element names, their order and their limits are checked one by one.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest

from marketplace.claims.pain001 import NAMESPACE, Account, PaymentFile, Transfer, decimal_amount, write

AGENCY = Account("중소기업 지원기관", "110-123-456789", "한국은행")
FIRM = Account("한빛컨설팅 & 파트너스", "333-22-1111", "새마을은행")
BATCH = PaymentFile(
    reference="PAY-2026-000001",
    created_at=datetime(2026, 3, 2, 1, 2, 3, tzinfo=UTC),
    execute_on=date(2026, 3, 3),
    currency="KRW",
    digits=0,
    debtor=AGENCY,
    transfers=(
        Transfer("PAY-2026-000001-1", 3_000_000, FIRM, "CLM-2026-000001"),
        Transfer("PAY-2026-000001-2", 1, FIRM, "x"),
    ),
)


def children(element: ElementTree.Element) -> list[str]:
    assert all(child.tag.startswith(f"{{{NAMESPACE}}}") for child in element)
    return [child.tag.rpartition("}")[2] for child in element]


def at(root: ElementTree.Element, path: str) -> ElementTree.Element:
    element = root.find("/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/")))
    assert element is not None, path
    return element


def test_the_file_begins_as_every_bank_reads_it() -> None:
    assert write(BATCH).startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022')


def test_the_elements_stand_in_the_prescribed_order() -> None:
    root = ElementTree.fromstring(write(BATCH))
    assert root.tag == f"{{{NAMESPACE}}}Document"
    assert children(root) == ["CstmrCdtTrfInitn"]
    assert children(root[0]) == ["GrpHdr", "PmtInf"]
    assert children(root[0][0]) == ["MsgId", "CreDtTm", "NbOfTxs", "CtrlSum", "InitgPty"]
    payment = ["PmtInfId", "PmtMtd", "NbOfTxs", "CtrlSum", "ReqdExctnDt", "Dbtr", "DbtrAcct", "DbtrAgt"]
    assert children(root[0][1]) == [*payment, "CdtTrfTxInf", "CdtTrfTxInf"]
    transfer = at(root, "CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf")
    assert children(transfer) == ["PmtId", "Amt", "CdtrAgt", "Cdtr", "CdtrAcct", "RmtInf"]


def test_totals_amounts_and_parties() -> None:
    root = ElementTree.fromstring(write(BATCH))
    for level in ("GrpHdr", "PmtInf"):
        assert at(root, f"CstmrCdtTrfInitn/{level}/NbOfTxs").text == "2"
        assert at(root, f"CstmrCdtTrfInitn/{level}/CtrlSum").text == "3000001"
    transfer = at(root, "CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf")
    assert at(transfer, "PmtId/EndToEndId").text == "PAY-2026-000001-1"
    assert (at(transfer, "Amt/InstdAmt").text, at(transfer, "Amt/InstdAmt").get("Ccy")) == ("3000000", "KRW")
    assert at(transfer, "Cdtr/Nm").text == FIRM.holder
    assert at(transfer, "CdtrAcct/Id/Othr/Id").text == FIRM.number
    assert at(transfer, "CdtrAgt/FinInstnId/Nm").text == FIRM.bank


def test_an_iban_and_a_bic_are_written_as_such() -> None:
    euro = Account("Agency", "DE89 3704 0044 0532 0130 00", "COBADEFFXXX")
    root = ElementTree.fromstring(write(replace(BATCH, debtor=euro, currency="EUR", digits=2)))
    assert at(root, "CstmrCdtTrfInitn/PmtInf/DbtrAcct/Id/IBAN").text == "DE89370400440532013000"
    assert at(root, "CstmrCdtTrfInitn/PmtInf/DbtrAgt/FinInstnId/BICFI").text == "COBADEFFXXX"
    assert at(root, "CstmrCdtTrfInitn/GrpHdr/CtrlSum").text == "30000.01"


@pytest.mark.parametrize(
    ("amount", "digits", "text"), [(5, 0, "5"), (5, 2, "0.05"), (12_345, 2, "123.45"), (1, 3, "0.001")]
)
def test_minor_units_become_decimals(amount: int, digits: int, text: str) -> None:
    assert decimal_amount(amount, digits) == text


@pytest.mark.parametrize(
    "transfers",
    [
        (),
        (Transfer("a", 0, FIRM, ""),),
        (Transfer("a", -1, FIRM, ""),),
        (Transfer("", 1, FIRM, ""),),
        (Transfer("x" * 36, 1, FIRM, ""),),
        (Transfer("a", 1, FIRM, ""), Transfer("a", 2, FIRM, "")),
    ],
)
def test_what_a_bank_would_refuse_is_not_written(transfers: tuple[Transfer, ...]) -> None:
    with pytest.raises(ValueError):
        write(replace(BATCH, transfers=transfers))
