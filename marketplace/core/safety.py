"""What a production installation must be: one list, by which the start refuses and `marketplace doctor` speaks."""

import re
import stat
import zlib
from collections.abc import Callable, Iterator
from itertools import pairwise

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from config.settings import DATA_DIR, Settings, SettingsError
from marketplace.core import db

Check = Callable[[Settings], str | None]
"""What is wrong and how to mend it; None if nothing is. OperationalError if the database can't be asked."""

LEAST_KEY = 32
"""Characters of a secret key."""
LEAST_SIGNS = 10
"""Different characters of a key. Of 32 random hexadecimal digits fewer are seen once in ten thousand keys."""
LEAST_PACKED = 30
"""Bytes of a packed key: what is repeated or goes up by steps becomes shorter than chance ever does."""
COMMON_WORDS = ("secret", "password", "changeme", "example", "voucher", "marketplace", "qwerty")
RANDOM_KEY = "Take the output of `openssl rand -hex 32`."

# A member of a role may become it by SET ROLE; a superuser is a member of all of them.
ROLE = text(
    """
    SELECT current_user AS name,
           EXISTS (SELECT FROM pg_roles WHERE rolsuper AND pg_has_role(oid, 'MEMBER')) AS is_superuser,
           EXISTS (SELECT FROM pg_roles WHERE rolbypassrls AND pg_has_role(oid, 'MEMBER')) AS passes_rows,
           EXISTS (SELECT FROM pg_database WHERE datname = current_database() AND pg_has_role(datdba, 'MEMBER'))
           OR EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace
                         AND pg_has_role(relowner, 'MEMBER')) AS is_owner
    """
)


def production(settings: Settings) -> str | None:
    """PRODUCTION is on."""
    return None if settings.production else "Set PRODUCTION=1. Without it the start refuses nothing of this list."


def modes(settings: Settings) -> str | None:
    """TESTING and DEMO are off."""
    for name, on in (("TESTING", settings.testing), ("DEMO", settings.demo)):
        if on:
            return f"Unset {name}: with it anybody may read mails and move the clock."
    return None


def address(settings: Settings) -> str | None:
    """People come by https."""
    if settings.base_url.startswith("https://"):
        return None
    return "Set BASE_URL to the https:// address of the service. Production refuses plain http."


def proxies(settings: Settings) -> str | None:
    """The proxies in front are counted."""
    if settings.proxy_hops:
        return None
    return (
        "Set PROXY_HOPS to the number of reverse proxies in front, usually 1. This server speaks no https, so there is"
        " at least one; not counted, all visitors share its address, and one stranger's tries lock everybody out."
    )


def secret_key(settings: Settings) -> str | None:
    """The secret keys can't be guessed."""
    if not settings.secret_keys:
        return f"Set SECRET_KEY. {RANDOM_KEY}"
    files = [folder / "secret_key" for folder in (settings.data_dir, DATA_DIR)]
    made_here = [file.read_text().strip() for file in files if file.exists()]
    for number, key in enumerate(settings.secret_keys, start=1):
        which = "SECRET_KEY" if len(settings.secret_keys) == 1 else f"Key {number} of SECRET_KEY"
        if len(key) < LEAST_KEY:
            return f"{which} is shorter than {LEAST_KEY} characters. {RANDOM_KEY}"
        if len(set(key)) < LEAST_SIGNS or _packed(key) < LEAST_PACKED:
            return f"{which} repeats itself, so it can be guessed. {RANDOM_KEY}"
        if any(word in key.lower() for word in COMMON_WORDS):
            return f"{which} is made of words, so it can be guessed. {RANDOM_KEY}"
        if key in made_here:
            return f"{which} is the one that a demonstration on this machine was made with. {RANDOM_KEY}"
    return None


def _packed(key: str) -> int:
    """Bytes of the key, or of the steps from each of its signs to the next, once packed."""
    signs = key.encode()
    steps = bytes((after - before) % 256 for before, after in pairwise(signs))
    return min(len(zlib.compress(signs, 9)), len(zlib.compress(steps, 9)))


def servers(settings: Settings) -> str | None:
    """The database and Valkey are real servers."""
    if settings.own_database or settings.own_redis:
        return "Set DATABASE_URL, OWNER_DATABASE_URL and REDIS_URL. Production uses real servers."
    if settings.owner_database_url == settings.database_url:
        return "Set OWNER_DATABASE_URL to the role that owns the tables, and DATABASE_URL to the one that owns nothing."
    return None


def mail(settings: Settings) -> str | None:
    """Mails go out, and not in the clear."""
    if not re.match(r"smtps?://[^/]", settings.smtp_url or ""):
        return (
            "Set SMTP_URL to smtps://… or smtp://… of the mail server. Invitations, decisions and deadlines reach"
            " people by mail alone; smtp:// goes on by STARTTLS, or not at all, unless the server is on this machine."
        )
    return None


def folder(settings: Settings) -> str | None:
    """Nobody else on this machine reads the data folder."""
    if not settings.data_dir.exists() or not settings.data_dir.stat().st_mode & stat.S_IRWXO:
        return None
    return f"Everybody on this machine may enter DATA_DIR. Run `chmod o-rwx {settings.data_dir}`."


def database_role(settings: Settings) -> str | None:
    """DATABASE_URL's role may not change tables or pass by row security."""
    role = db.session.execute(ROLE).one()
    db.end_reading()
    bad = {"is a superuser": role.is_superuser, "bypasses row security": role.passes_rows, "owns tables": role.is_owner}
    faults = [words for words, is_so in bad.items() if is_so]
    if not faults:
        return None
    return (
        f"The role {role.name} of DATABASE_URL {' and '.join(faults)}, or may become one that does. Name the role `app`"
        " there, as config/local/roles.sql makes it, and `owner` in OWNER_DATABASE_URL alone."
    )


CHECKS: tuple[Check, ...] = (
    production, modes, address, proxies, secret_key, servers, mail, folder, database_role,
)  # fmt: skip


def findings(settings: Settings) -> Iterator[tuple[str, str | None]]:
    """Each line of the list in words, and what to do about it if it isn't so."""
    for check in CHECKS:
        try:
            problem = check(settings)
        except OperationalError as error:
            db.rollback()
            reason = str(error.orig).strip().partition("\n")[0]
            problem = f"The database could not be asked: {reason}"
        yield str(check.__doc__), problem


def refuse(settings: Settings) -> None:
    """Raise SettingsError for whatever of the list isn't so; a database that can't be asked now is no reason."""
    if not settings.production:
        return
    for check in CHECKS:
        try:
            problem = check(settings)
        except OperationalError:
            db.rollback()
            continue
        if problem:
            raise SettingsError(problem)
    db.disconnect()  # whoever forks now must not share a connection
