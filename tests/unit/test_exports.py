"""Exported cells: no spreadsheet runs them (WSTG-INJT-21, ASVS V1.2)."""

import pytest

from marketplace.core.exports import safe


@pytest.mark.parametrize(
    ("typed", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+82 2 123", "'+82 2 123"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("\u00a0=1", "'\u00a0=1"),
        ("first\n=second", "first\n'=second"),
        *((f"{sign}1", f"'{sign}1") for sign in "＝＋－＠﹦﹢﹣﹫−"),
        *((f"{unseen}=1", f"'{unseen}=1") for unseen in "\u200b\u2060\u00ad\ufeff\u3164\u2800\u3000\u2009"),
        (" \u200b \u00ad＝1", "' \u200b \u00ad＝1"),
        ("plain", "plain"),
        (-5, -5),
        (None, ""),
    ],
)
def test_a_cell_is_text_or_a_number(typed, cell):
    assert safe(typed) == cell
