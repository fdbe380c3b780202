"""A scorer doesn't learn from a company's own words who it is."""

from unicodedata import normalize

import pytest

from marketplace.vouchers.scoring import without_name


@pytest.mark.parametrize(
    "written",
    [
        "(주)새봄정밀",
        "새봄정밀",
        "주식회사 새봄 정밀",
        "새봄\u00ad정\u200b밀",
        "새봄\n정밀",
        normalize("NFD", "새봄정밀"),
        "㈜새봄정밀",
    ],
)
def test_a_company_is_hidden_however_it_writes_itself(written: str) -> None:
    hidden = without_name(f"저희 {written}은 새로운 봄을 준비합니다.", "주식회사 새봄정밀")
    assert "▇▇▇은 새로운 봄을" in hidden
    assert "정밀" not in normalize("NFC", hidden)


def test_what_names_no_company_is_left_as_it_is() -> None:
    assert without_name("① 정밀도를 높입니다.", "주식회사 새봄정밀") == "① 정밀도를 높입니다."
    assert without_name("빛나는 (주)빛", "(주)빛") == "빛나는 ▇▇▇"
    assert without_name("ACME ltd. and acme", "Acme Ltd") == "▇▇▇ ltd. and ▇▇▇"
