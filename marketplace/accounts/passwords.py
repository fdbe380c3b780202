"""Passwords: what may be one, and how it is kept (argon2id) and compared."""

import string
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from marketplace.core.text import plain_text

MINIMUM_LENGTH = 12
MAXIMUM_LENGTH = 128
LIST = Path(__file__).resolve().parents[2] / "config" / "common_passwords.txt"
_ROW_OF_DIGITS = "1234567890" * (MAXIMUM_LENGTH // 10 + 1)
_EDGES = string.digits + string.punctuation + string.whitespace
# OWASP's figures for argon2id: 19 MiB, two passes, one lane
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$WFBJIeaPys0fpy/GtY4o3g$FMvj8+dTuKbFzMbOytcctOMM3xWYmmFdtVDwhfgKbfw"


@cache
def common() -> frozenset[str]:
    """The list of common passwords, in lower case."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("# "))


def is_common(password: str) -> bool:
    """Say whether a guesser tries it early: listed, listed and a tail of digits or signs, repeated, a row of digits."""
    lowered = plain_text(password)
    core = lowered.strip(_EDGES)
    return lowered in common() or core in common() or _is_repetition(lowered) or lowered in _ROW_OF_DIGITS


def _is_repetition(text: str) -> bool:
    """Say whether the text is one piece of at most half its length, again and again."""
    return text in (text + text)[1:-1]


def contains_own_word(password: str, own_words: Iterable[str]) -> bool:
    """Say whether it is its owner's name or mail address with fewer than 8 characters added."""
    plain, words = plain_text(password), map(plain_text, own_words)
    return any(len(word) >= 4 and word in plain and len(plain) - len(word) < 8 for word in words)


def hashed(password: str) -> str:
    """The argon2id hash to keep."""
    return _hasher.hash(_normal(password))


def matches(password_hash: str | None, password: str) -> bool:
    """Compare in the same time whether or not there is a hash; False for none."""
    try:
        return _hasher.verify(password_hash or _NOBODY, _normal(password)) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


@contextmanager
def cheap() -> Iterator[None]:
    """Inside the block hashing costs almost nothing: for demo data alone, whose one password is printed."""
    global _hasher
    usual, _hasher = _hasher, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    try:
        yield
    finally:
        _hasher = usual


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)
