"""The Korean business registration number: its form, its check digit, and the making of valid ones."""

import re
from random import Random

from marketplace.core.text import legible, plain_number

WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)
COMPANY_KINDS = ("81", "86", "87", "88")  # digits 4 and 5 of a company limited by shares
_WRITTEN = re.compile(r"[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{5}")


def normalise(text: str) -> str | None:
    """Give the ten digits of a number typed with or without hyphens, or None if it has another form."""
    return plain_number(text) if _WRITTEN.fullmatch(legible(text)) else None


def check_digit(first_nine: str) -> str:
    """The tenth digit: the weighted sum, plus the tens of the ninth product, brought up to a multiple of ten."""
    products = [int(digit) * weight for digit, weight in zip(first_nine, WEIGHTS, strict=True)]
    return str(-(sum(products) + products[8] // 10) % 10)


def is_valid(digits: str) -> bool:
    """Say whether ten ASCII digits carry their own check digit and aren't all zero."""
    return (
        re.fullmatch(r"[0-9]{10}", digits) is not None and digits != "0" * 10 and check_digit(digits[:9]) == digits[9]
    )


def written(digits: str) -> str:
    """The number as people write it: 000-00-00000."""
    return f"{digits[:3]}-{digits[3:5]}-{digits[5:]}"


def generate(random: Random) -> str:
    """Make a valid number for demo and tests; the caller's seed decides which."""
    first_nine = f"{random.randint(101, 699)}{random.choice(COMPANY_KINDS)}{random.randint(0, 9999):04d}"
    return first_nine + check_digit(first_nine)
