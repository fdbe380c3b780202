"""Money: whole minor units of one currency, and splits whose parts always sum to the whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from config.currencies import MINOR_UNITS


def exponent(currency: str) -> int:
    """Digits of the minor unit (ISO 4217): 0 for KRW, 2 for EUR. Raises ValueError for what isn't a currency."""
    if currency not in MINOR_UNITS:
        raise ValueError(f"{currency!r} is no currency with a minor unit (ISO 4217)")
    return MINOR_UNITS[currency]


@dataclass(frozen=True, order=True)
class Money:
    """An amount in minor units of a currency."""

    amount: int
    currency: str

    @property
    def major(self) -> int | Decimal:
        """The amount in major units, as a file for people has it: 12.50 EUR, 3,000,000 won."""
        digits = exponent(self.currency)
        return Decimal(self.amount).scaleb(-digits) if digits else self.amount


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
