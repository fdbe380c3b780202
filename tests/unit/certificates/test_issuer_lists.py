"""How an issuer's list is read: days as people write them, headings, titles, and one row at a time."""

from datetime import date

import pytest

from marketplace.certificates import issuer_lists
from marketplace.certificates.kinds import EDITIONS, Kind
from marketplace.core import spreadsheets
from marketplace.core.errors import Invalid

TERMS = EDITIONS.on(date(2026, 11, 23))
VENTURE: Kind = TERMS.kinds["venture"]
DAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    "written", ["2026-03-01", "2026.3.1", "2026. 3. 1.", "2026/03/01", "20260301", "2026년 3월 1일", " 2026-03-01 "]
)
def test_days_are_read_as_lists_write_them(written: str) -> None:
    assert issuer_lists.day(written) == DAY


@pytest.mark.parametrize("written", ["", "2026-02-30", "26-03-01", "01/03/2026", "2026-3", "202631", "46082", "영원히"])
def test_what_is_no_day_or_could_be_two_is_none(written: str) -> None:
    assert issuer_lists.day(written) is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("20240801030035", "20240801030035"),
        ("제 20240801030035 호", "20240801030035"),
        ("제r-123456호", "R-123456"),
        ("２０２４０８０１", "20240801"),
        ("2024\u2010080\u200b1", "2024-0801"),
        ("123", None),
        ("벤처기업", None),
        ("2024_0801", None),
    ],
)
def test_a_number_is_kept_without_what_is_written_around_it(typed: str, kept: str | None) -> None:
    assert VENTURE.number(typed) == kept


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("확인번호,사업자등록번호,유효시작일,만료일\r\n20240801,220-81-62517,2026-03-01,2029-02-28", "cp949"),
        (
            "\n벤처 명단;;;\n만료일;유효 시작일;사업자 등록번호;확인 번호\n2029-02-28;2026-03-01;2208162517;20240801",
            "utf-8-sig",
        ),
        ("Number\tBusiness Number\tFROM\tuntil\n20240801\t220-81-62517\t2026-03-01\t2029-02-28\n\n", "utf-8"),
    ],
)
def test_headings_are_found_below_titles_in_any_order_and_encoding(content: str, encoding: str) -> None:
    rows = spreadsheets.read(content.encode(encoding), "csv")
    listed, odd = issuer_lists.read_list(rows, VENTURE, TERMS.headings)
    (row,) = listed
    assert odd == []
    assert row.facts == ("20240801", "2208162517", DAY, date(2029, 2, 28), None, None)


def test_a_list_without_the_headings_names_them() -> None:
    rows = spreadsheets.read(b"number,from,until\n1,2,3", "csv")
    with pytest.raises(Invalid) as refused:
        issuer_lists.read_list(rows, VENTURE, TERMS.headings)
    assert refused.value.field == "file"


def test_the_usual_end_is_the_day_before_the_anniversary() -> None:
    assert VENTURE.usual_end(DAY) == date(2029, 2, 28)
    assert VENTURE.usual_end(date(2024, 2, 29)) == date(2027, 2, 28)
    assert VENTURE.usual_end(date(2025, 3, 1)) == date(2028, 2, 29)
