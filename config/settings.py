"""All that can be set from outside, read once from the environment; nobody else reads os.environ."""

import hashlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
"""The checkout this file lies in: where templates, migrations and data files are found."""

LONGEST_SOCKET_FOLDER = 80
"""A Unix socket's whole path may have 107 bytes; the rest is for its file name."""


class SettingsError(Exception):
    """A setting is missing or wrong; the message says which and what to do."""


@dataclass(frozen=True)
class Settings:
    """One frozen object; build it with `from_environment` and pass it on."""

    data_dir: Path
    """DATA_DIR: every file the program writes lies here. Default: var/ in the checkout."""
    database_url: str = field(repr=False)
    """DATABASE_URL: PostgreSQL as role `app`, which owns nothing. Without it the embedded server is used."""
    owner_database_url: str = field(repr=False)
    """OWNER_DATABASE_URL: the same database as role `owner`, for migrations alone."""
    redis_url: str = field(repr=False)
    """REDIS_URL: Valkey or Redis, for hints and rate counters only. Without it the embedded server is used."""
    own_database: bool
    """True when the embedded PostgreSQL is meant, because DATABASE_URL is not given."""
    own_redis: bool
    """True when the embedded Valkey is meant, because REDIS_URL is not given."""
    secret_key: str = field(repr=False)
    """SECRET_KEY: signs forms and links. Made at the first start, except in production, which must be given one."""
    base_url: str
    """BASE_URL: how people reach the service; links in mails begin with it. Production takes https only."""
    host: str
    """HOST: the address to listen on. Default 127.0.0.1."""
    port: int
    """PORT: default 8000."""
    demo: bool
    """DEMO: demo data, /demo pages and a movable clock. On by default with the embedded database only."""
    demo_small: bool
    """DEMO_SMALL: a fifth of the demo's companies; for tests and slow machines."""
    production: bool
    """PRODUCTION: refuses to start without https, a secret key and real servers."""
    testing: bool
    """TESTING: set by the test suite."""
    smtp_url: str | None = field(repr=False)
    """SMTP_URL: smtp://user:password@host:587 (STARTTLS) or smtps://…; without it mails stay in the local outbox."""
    mail_from: str
    """MAIL_FROM: the sender of every mail."""
    help_email: str
    """HELP_EMAIL: where people write for help; the help page names it. Default: MAIL_FROM."""
    default_locale: str
    """DEFAULT_LOCALE: the language of a visitor who chose none. Default ko."""
    time_zone: str
    """TIME_ZONE: the agency's time zone; its dates are counted there. Default Asia/Seoul."""
    require_second_factor: bool
    """REQUIRE_SECOND_FACTOR: off until the second factor is built."""
    proxy_hops: int
    """PROXY_HOPS: how many reverse proxies stand in front and may be believed. Default 0."""
    max_upload_bytes: int
    """MAX_UPLOAD_BYTES: the largest request taken. Default 20 MiB and a little for the form around it."""
    session_idle_minutes: int = 30
    """A session ends after so long without a request."""
    session_absolute_hours: int = 12
    """A session ends so long after sign-in, whatever happens."""
    web_processes: int = 2
    """WEB_PROCESSES: gunicorn workers."""
    web_threads: int = 2
    """WEB_THREADS: threads of each gunicorn worker."""
    worker_processes: int = 2
    """WORKER_PROCESSES: background tasks worked on at once."""

    @classmethod
    def from_environment(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Read and check all settings; raises SettingsError with a sentence for whoever starts the program."""
        env = os.environ if env is None else env
        data_dir = Path(env.get("DATA_DIR") or ROOT / "var").absolute()
        production = _flag(env, "PRODUCTION", default=False)
        host, port = env.get("HOST") or "127.0.0.1", _number(env, "PORT", 8000)
        sockets = socket_folder(data_dir)
        database_url = _database_url(env.get("DATABASE_URL"), role="app", sockets=sockets)
        owner = env.get("OWNER_DATABASE_URL") or env.get("DATABASE_URL")
        settings = cls(
            data_dir=data_dir,
            database_url=database_url,
            owner_database_url=_database_url(owner, role="owner", sockets=sockets),
            redis_url=env.get("REDIS_URL") or f"unix://{sockets}/valkey.sock?db=0",
            own_database=not env.get("DATABASE_URL"),
            own_redis=not env.get("REDIS_URL"),
            secret_key=env.get("SECRET_KEY") or ("" if production else _secret_key(data_dir)),
            base_url=(env.get("BASE_URL") or f"http://{host}:{port}").rstrip("/"),
            host=host,
            port=port,
            demo=_flag(env, "DEMO", default=not production and not env.get("DATABASE_URL")),
            demo_small=_flag(env, "DEMO_SMALL", default=False),
            production=production,
            testing=_flag(env, "TESTING", default=False),
            smtp_url=env.get("SMTP_URL") or None,
            mail_from=env.get("MAIL_FROM") or "no-reply@localhost",
            help_email=env.get("HELP_EMAIL") or env.get("MAIL_FROM") or "no-reply@localhost",
            default_locale=env.get("DEFAULT_LOCALE") or "ko",
            time_zone=env.get("TIME_ZONE") or "Asia/Seoul",
            require_second_factor=_flag(env, "REQUIRE_SECOND_FACTOR", default=False),
            proxy_hops=_number(env, "PROXY_HOPS", 0),
            max_upload_bytes=_number(env, "MAX_UPLOAD_BYTES", 21 * 1024 * 1024),
            web_processes=_number(env, "WEB_PROCESSES", 2),
            web_threads=_number(env, "WEB_THREADS", 2),
            worker_processes=_number(env, "WORKER_PROCESSES", 2),
        )
        settings.check()
        return settings

    def check(self) -> None:
        """Refuse a production start that would not be safe."""
        if not self.production:
            return
        if self.demo:
            raise SettingsError("PRODUCTION and DEMO exclude each other. Unset one of them.")
        if not self.base_url.startswith("https://"):
            raise SettingsError("Set BASE_URL to the https:// address of the service. Production refuses plain http.")
        if len(self.secret_key) < 32:
            raise SettingsError("Set SECRET_KEY to at least 32 random characters, for example `openssl rand -hex 32`.")
        if self.own_database or self.own_redis:
            raise SettingsError("Set DATABASE_URL, OWNER_DATABASE_URL and REDIS_URL. Production uses real servers.")

    @property
    def clock_may_move(self) -> bool:
        """True in demo and test mode alone: business time can then be moved."""
        return self.demo or self.testing

    @property
    def session_cookie_secure(self) -> bool:
        """True when the service is reached by https."""
        return self.base_url.startswith("https://")

    @property
    def session_cookie_name(self) -> str:
        """`__Host-session` by https; browsers refuse that prefix without it, so `session` otherwise."""
        return "__Host-session" if self.session_cookie_secure else "session"

    @property
    def session_idle(self) -> timedelta:
        """How long a session lives without a request."""
        return timedelta(minutes=self.session_idle_minutes)

    @property
    def session_absolute(self) -> timedelta:
        """How long a session lives at most."""
        return timedelta(hours=self.session_absolute_hours)

    @property
    def broker_url(self) -> str:
        """redis_url in Celery's spelling, which names a Unix socket differently."""
        return self.redis_url.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")

    @property
    def files_dir(self) -> Path:
        """Where uploaded files lie, by random name."""
        return self.data_dir / "files"

    @property
    def signing_key_path(self) -> Path:
        """The Ed25519 private key that signs the head of the audit chain."""
        return self.data_dir / "signing_key.pem"

    @property
    def socket_dir(self) -> Path:
        """Where the embedded servers listen."""
        return socket_folder(self.data_dir)


def socket_folder(data_dir: Path) -> Path:
    """DATA_DIR/run, or a short folder of the same meaning when a socket in it would have too long a path."""
    folder = data_dir / "run"
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
        return folder
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"marketplace-{os.getuid()}-{digest}"


def _database_url(given: str | None, *, role: str, sockets: Path) -> str:
    if not given:
        return f"postgresql+psycopg://{role}@/marketplace?host={quote(str(sockets))}"
    scheme, separator, rest = given.partition("://")
    if not separator or scheme not in {"postgres", "postgresql", "postgresql+psycopg"}:
        raise SettingsError("DATABASE_URL must begin with postgresql://. No other database is supported.")
    return f"postgresql+psycopg://{rest}"


def _secret_key(data_dir: Path) -> str:
    """The key kept in DATA_DIR, made at the first start; of several processes at once one wins."""
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=data_dir)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            Path(draft).unlink()
    return path.read_text().strip()


def _flag(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = env.get(name, "").strip().lower()
    if value in {"", "1", "true", "yes", "on", "0", "false", "no", "off"}:
        return default if value == "" else value in {"1", "true", "yes", "on"}
    raise SettingsError(f"{name} must be 1 or 0, not {value!r}.")


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name, "").strip()
    if value and not (value.isascii() and value.isdigit()):
        raise SettingsError(f"{name} must be a whole number, not {value!r}.")
    return int(value) if value else default
