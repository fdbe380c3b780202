"""Passwords: how easily one is guessed, and how it is kept (argon2id) and compared."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from threading import Lock

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from config import passwords
from marketplace.accounts import korean_keys
from marketplace.core.text import legible, plain_text

# OWASP's figures for argon2id: 19 MiB, two passes, one lane
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$WFBJIeaPys0fpy/GtY4o3g$FMvj8+dTuKbFzMbOytcctOMM3xWYmmFdtVDwhfgKbfw"
JUDGED = 24
"""So many characters are judged: what begins well is good, and for whole ones the estimate can take seconds."""
_one_at_a_time = Lock()


class Weakness(Enum):
    """Why a password is guessed early."""

    COMMON = auto()
    OWN_WORDS = auto()
    KOREAN_KEYS = auto()
    EASY = auto()


def weakness(password: str, own_words: Iterable[str], rule: passwords.Rule) -> Weakness | None:
    """Why somebody who knows its owner and this service guesses it early; None for a good one.

    It is judged as typed, as what its keys spell on a Korean keyboard, and as the keys of what is in Korean.
    """
    if _hasher is _CHEAP:
        return None
    typed = legible(password)
    if plain_text(typed) in passwords.common():
        return Weakness.COMMON
    own = sorted({part for word in own_words for part in _parts(word)})
    known = [*own, *passwords.words()]
    keys = korean_keys.Keys(**rule.keys)
    spelled = keys.spelled_by(typed)
    for form in dict.fromkeys((typed, keys.typed_for(typed), spelled)):
        if _guesses(form, known) < rule.fewest_guesses:
            if any(word in plain_text(form) for word in own):
                return Weakness.OWN_WORDS
            return Weakness.KOREAN_KEYS if form == spelled != typed else Weakness.EASY
    return None


def _parts(word: str) -> set[str]:
    """A name or address whole and in parts, as they are compared; shorter ones than three letters say nothing.

    Of a name in Hangul two are enough: it mostly has three.
    """
    parts = {plain_text(part) for part in (word, *re.split(r"[\W_]+", legible(word)))}
    return {part for part in parts if len(part) >= (3 if part.isascii() else 2)}


def _guesses(password: str, known: list[str]) -> float:
    """How many guesses it takes somebody who tries these words first, by an estimate."""
    from zxcvbn import zxcvbn  # its lists take 15 MB, which only a process that sees new passwords needs

    with _one_at_a_time:  # it keeps the known words where every thread finds them
        return float(zxcvbn(password[:JUDGED], user_inputs=known)["guesses"])


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
    """Inside the block nothing is judged and hashing costs almost nothing: for demo data alone, whose one password is
    printed.
    """
    global _hasher
    usual, _hasher = _hasher, _CHEAP
    try:
        yield
    finally:
        _hasher = usual


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)
