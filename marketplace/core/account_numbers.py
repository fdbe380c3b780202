"""The identification of bank accounts: IBAN with its check digits, or another number as the bank writes it."""

import re

from marketplace.core.i18n import _
from marketplace.core.states import TextChoices
from marketplace.core.text import legible

IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
OTHER = re.compile(r"[0-9]{6,34}")


class AccountScheme(TextChoices):
    """How a bank account is numbered."""

    OTHER = "other", _("Number of a Korean account")
    IBAN = "iban", _("IBAN")


def normalise(scheme: AccountScheme, typed: str) -> str | None:
    """The identifier without spaces and hyphens, or None if it can't be one (IBAN: ISO 13616, mod 97 = 1)."""
    identifier = re.sub(r"[ -]", "", legible(typed)).upper()
    if scheme == AccountScheme.IBAN:
        return identifier if IBAN.fullmatch(identifier) and _remainder(identifier) == 1 else None
    return identifier if OTHER.fullmatch(identifier) else None


def masked(identifier: str) -> str:
    """All but the last four characters hidden, for pages and mail."""
    return "•" * (len(identifier) - 4) + identifier[-4:]


def _remainder(iban: str) -> int:
    """ISO 7064 mod 97-10 over the number with its country and check digits moved to the end."""
    moved = iban[4:] + iban[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97


def scheme_of(typed: str) -> AccountScheme:
    """How such a number is made: an IBAN begins with its country."""
    return AccountScheme.IBAN if legible(typed)[:1].isalpha() else AccountScheme.OTHER
