"""Currencies: the digits of ISO 4217, and that all who write or read an amount use them."""

import re
from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import Babel, force_locale
from wtforms import Form

from config.currencies import MINOR_UNITS, PAYABLE
from marketplace.claims.pain001 import decimal_amount
from marketplace.core import i18n
from marketplace.core.forms import MoneyField
from marketplace.core.money import exponent

AMOUNT = 1_234_567


@pytest.mark.parametrize(
    ("digits", "currencies"),
    [(0, "KRW JPY CLP ISK XAF"), (2, "EUR USD MRU"), (3, "TND KWD"), (4, "CLF UYW")],
)
def test_minor_units_are_those_of_the_standard(digits: int, currencies: str) -> None:
    assert {exponent(currency) for currency in currencies.split()} == {digits}


@pytest.mark.parametrize("code", ["XAU", "XXX", "ABC", "krw", ""])
def test_what_has_no_minor_unit_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        exponent(code)


def test_a_unit_of_account_pays_nobody() -> None:
    assert {"KRW", "EUR", "UYW"} <= set(PAYABLE)
    assert not {"CLF", "CHE", "XAU"} & set(PAYABLE)


@pytest.mark.parametrize("currency", sorted(MINOR_UNITS))
def test_pages_forms_and_bank_files_agree_on_the_point(currency: str) -> None:
    class AmountForm(Form):
        amount = MoneyField(currency=currency)

    value = Decimal(AMOUNT).scaleb(-exponent(currency))
    field = AmountForm().amount
    shown = field.show(AMOUNT)
    assert shown == f"{value:,f}"
    assert field.parse(shown) == AMOUNT
    assert decimal_amount(AMOUNT, exponent(currency)) == f"{value:f}"
    site = Flask(__name__)
    Babel(site)
    with site.app_context():
        for locale in i18n.LOCALES:
            with force_locale(locale):
                number = re.search(r"\d[\d,.]*", i18n.money(AMOUNT, currency))
            assert number is not None
            assert number[0] == shown
