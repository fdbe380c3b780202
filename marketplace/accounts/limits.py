"""How often somebody may try: counts in Valkey, kept for 15 minutes, closed when Valkey can't be asked.

A try is counted before the password is looked at and taken back when it was right, so that many tries
at once can't slip past the count.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis, RedisError

from marketplace.core.errors import DomainError
from marketplace.core.i18n import _

WINDOW_SECONDS = 15 * 60
FAILURES_PER_ACCOUNT = 5
MAILS_PER_ACCOUNT = 3
TRIES_PER_ADDRESS = 20


def check_sign_in(store: Redis, *, email: str, address: str) -> None:
    """Count one try to sign in; refuse after 5 failures for an account or 20 from an address in 15 minutes."""
    _take(store, f"sign-in:address:{address}", most=TRIES_PER_ADDRESS)
    _take(store, f"sign-in:account:{email}", most=FAILURES_PER_ACCOUNT)


def forgive_sign_in(store: Redis, *, email: str, address: str) -> None:
    """The try was right: forget the account's failures and take this one off the address."""
    with _closed_without_store():
        store.delete(_key(f"sign-in:account:{email}"))
        store.decr(_key(f"sign-in:address:{address}"))


def check_mail(store: Redis, *, email: str, address: str) -> None:
    """Count one request for a mail; refuse more than 3 to an account or 20 from an address in 15 minutes."""
    _take(store, f"mail:address:{address}", most=TRIES_PER_ADDRESS)
    _take(store, f"mail:account:{email}", most=MAILS_PER_ACCOUNT)


def _take(store: Redis, name: str, *, most: int) -> None:
    key = _key(name)
    with _closed_without_store():
        count = store.incr(key)
        store.expire(key, WINDOW_SECONDS, nx=True)
    if int(count) > most:
        raise DomainError(_("There were too many tries. Wait 15 minutes, then try again."), status=429)


@contextmanager
def _closed_without_store() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise DomainError(_("Sign-in is not possible at this moment. Try again in a minute."), status=503) from error


def _key(name: str) -> str:
    """Names and addresses are kept as a hash only."""
    return f"limit:{hashlib.sha256(name.encode()).hexdigest()}"
