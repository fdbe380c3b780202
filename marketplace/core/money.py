"""Money: whole minor units of one currency, and splits whose parts always sum to the whole."""

from collections.abc import Sequence
from dataclasses import dataclass

# ISO 4217: digits after the point; two where a currency isn't named here.
EXPONENTS = {"KRW": 0, "JPY": 0, "VND": 0, "KWD": 3, "BHD": 3}


def exponent(currency: str) -> int:
    """Digits of the minor unit (ISO 4217): 0 for KRW, 2 for EUR."""
    return EXPONENTS.get(currency, 2)


@dataclass(frozen=True, order=True)
class Money:
    """An amount in minor units of a currency."""

    amount: int
    currency: str


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Share `amount` by `weights`, largest remainder first (earlier wins a tie); the parts sum to it."""
    total = sum(weights)
    if amount < 0 or total <= 0 or min(weights) < 0:
        raise ValueError("a split needs an amount of 0 or more and weights of 0 or more, not all 0")
    parts = [amount * weight // total for weight in weights]
    remainders = [amount * weight % total for weight in weights]
    order = sorted(range(len(weights)), key=lambda index: (-remainders[index], index))
    for index in order[: amount - sum(parts)]:
        parts[index] += 1
    return parts
