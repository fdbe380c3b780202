"""The eligibility command: the same answer as the page, and a sentence for what can't be read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from marketplace.programmes.commands import check, list_sectors


def run(*arguments: str) -> Result:
    return CliRunner().invoke(check, list(arguments))


def answer(*arguments: str) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    body: dict[str, Any] = json.loads(result.stdout)
    return body


def test_the_example_of_the_manual() -> None:
    body = answer("--standard", "kr-2002", "--sector", "manufacturing", "--employees", "299", "--capital", "9000000000")
    assert body["result"] == "eligible"
    assert [list(rule) for rule in body["rules"]] == [
        ["code", "value", "threshold", "unit", "passed", "source", "date", "basis"]
    ] * 2
    assert [rule["passed"] for rule in body["rules"]] == [True, False]


def test_a_sector_unknown_or_missing_is_undetermined() -> None:
    for sector in (["--sector", "no-such-sector"], ["--sector", ""], []):
        assert answer("--standard", "kr-2002", *sector, "--employees", "1")["result"] == "undetermined"


def test_the_european_standard_ignores_the_sector() -> None:
    body = answer(
        *("--standard", "eu-2003-361", "--sector", "x", "--employees", "249"),
        *("--turnover", "50000001", "--balance-sheet", "43000000"),
    )
    assert body["result"] == "eligible"


@pytest.mark.parametrize("typed", ["-1", "1_000", "١٢", "１２", "1.5", "1e3", "", " 5", "NaN", "+5", "9" * 19])
def test_only_ascii_digits_are_numbers(typed: str) -> None:
    result = run("--standard", "kr-2002", "--sector", "mining", f"--employees={typed}")
    assert result.exit_code == 2
    assert "Write a whole number in digits" in result.output


def test_an_unknown_standard_is_named_in_a_sentence() -> None:
    result = run("--standard", "kr-1966")
    assert result.exit_code == 2
    assert "Use one of: eu-2003-361, kr-2002, kr-2015, kr-2025." in result.output


def test_sectors_are_listed_with_labels() -> None:
    result = CliRunner().invoke(list_sectors, ["--standard", "kr-2002", "--json"])
    named = json.loads(result.stdout)
    assert named[0] == {"code": "manufacturing", "label": "Manufacturing"}
    assert len(named) == 20
