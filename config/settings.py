"""All that can be set from outside, read once from the environment; nobody else reads os.environ."""

import hashlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import quote

from pydantic import AfterValidator, Field, NonNegativeInt, ValidationError, model_validator
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
"""The checkout this file lies in: where templates, migrations and data files are found."""
DATA_DIR = ROOT / "var"
"""Where files are written when DATA_DIR doesn't say."""

LONGEST_SOCKET_FOLDER = 80
"""A Unix socket's whole path may have 107 bytes; the rest is for its file name."""


class SettingsError(Exception):
    """A setting is missing or wrong; the message says which and what to do."""


def set_for_library(name: str, value: str) -> None:
    """Set what a library reads from the environment by itself."""
    os.environ[name] = value


def socket_folder(data_dir: Path) -> Path:
    """DATA_DIR/run, or a short folder of the same meaning when a socket in it would have too long a path."""
    folder = data_dir / "run"
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
        return folder
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"marketplace-{os.getuid()}-{digest}"


def _embedded_database(role: str, data_dir: Path) -> str:
    return f"postgresql+psycopg://{role}@/marketplace?host={quote(str(socket_folder(data_dir)))}"


def _is_embedded(database_url: str, data_dir: Path) -> bool:
    return database_url == _embedded_database("app", data_dir)


def _owner_database(database_url: str, data_dir: Path) -> str:
    return _embedded_database("owner", data_dir) if _is_embedded(database_url, data_dir) else database_url


def _embedded_valkey(data_dir: Path) -> str:
    return f"unix://{socket_folder(data_dir)}/valkey.sock?db=0"


def _postgresql(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in {"postgres", "postgresql", "postgresql+psycopg"}:
        raise SettingsError("DATABASE_URL must begin with postgresql://. No other database is supported.")
    return f"postgresql+psycopg://{rest}"


def _kept_key(data_dir: Path, name: str) -> str:
    """The key kept in DATA_DIR, made at the first start; of several processes at once one wins."""
    path = data_dir / name
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


def _sentence(error: ValidationError) -> str:
    """The first thing wrong, with the name of its variable."""
    first = error.errors()[0]
    name, kind = str(first["loc"][0]).upper(), first["type"]
    expected = "1 or 0" if kind.startswith("bool") else "a whole number"
    return f"{name} must be {expected}, not {first['input']!r}."


class Settings(BaseSettings):
    """One frozen object; build it with `from_environment` and pass it on.

    A field's variable is its name in capitals; an empty one counts as not given.
    """

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, extra="ignore")

    data_dir: Annotated[Path, AfterValidator(Path.absolute)] = DATA_DIR
    """DATA_DIR: every file the program writes lies here. Default: var/ in the checkout."""
    database_url: Annotated[str, AfterValidator(_postgresql)] = Field(
        default_factory=lambda given: _embedded_database("app", given["data_dir"]), repr=False
    )
    """DATABASE_URL: PostgreSQL as role `app`, which owns nothing. Without it the embedded server is used."""
    owner_database_url: Annotated[str, AfterValidator(_postgresql)] = Field(
        default_factory=lambda given: _owner_database(given["database_url"], given["data_dir"]), repr=False
    )
    """OWNER_DATABASE_URL: the same database as role `owner`, for migrations alone."""
    redis_url: str = Field(default_factory=lambda given: _embedded_valkey(given["data_dir"]), repr=False)
    """REDIS_URL: Valkey or Redis, for hints and rate counters only. Without it the embedded server is used."""
    production: bool = False
    """PRODUCTION: refuses to start with what isn't safe; `marketplace doctor` prints the whole list."""
    secret_key: str = Field(
        default_factory=lambda given: "" if given["production"] else _kept_key(given["data_dir"], "secret_key"),
        repr=False,
    )
    """SECRET_KEY: signs forms and links. Made at the first start, except in production, which must be given one.
    Of several, with commas between them, the first signs and all are believed: so it is changed without a stop."""
    sealing_key: str = Field(default_factory=lambda given: _kept_key(given["data_dir"], "sealing_key"), repr=False)
    """SEALING_KEY: hides what bids say from the database. Made at the first start and kept in DATA_DIR/sealing_key.
    Of several, with commas between them, the first seals and all unseal."""
    host: str = "127.0.0.1"
    """HOST: the address to listen on. Default 127.0.0.1."""
    port: NonNegativeInt = 8000
    """PORT: default 8000."""
    base_url: Annotated[str, AfterValidator(lambda url: url.rstrip("/"))] = Field(
        default_factory=lambda given: f"http://{given['host']}:{given['port']}"
    )
    """BASE_URL: how people reach the service; links in mails begin with it. Production takes https only."""
    demo: bool = Field(
        default_factory=lambda given: not given["production"] and _is_embedded(given["database_url"], given["data_dir"])
    )
    """DEMO: demo data, /demo pages and a movable clock. On by default with the embedded database only."""
    demo_small: bool = False
    """DEMO_SMALL: a fifth of the demo's companies; for tests and slow machines."""
    testing: bool = False
    """TESTING: set by the test suite."""
    smtp_url: str | None = Field(default=None, repr=False)
    """SMTP_URL: smtp://user:password@host:587 (STARTTLS, or nothing is sent) or smtps://…; without it mails stay in the
    local outbox. A server on this machine need not encrypt."""
    mail_from: str = "no-reply@localhost"
    """MAIL_FROM: the address that every mail is sent from, in the agency's name. A name of its own, as in
    `Vouchers <vouchers@example.org>`, stands in mails only until the agency has said how it is called."""
    business_register: Path | None = None
    """BUSINESS_REGISTER: a CSV file of the business register, with number, name, representative and state of each
    business. A company that agrees with it is verified without an officer. Without it an officer looks at each."""
    default_locale: str = "ko"
    """DEFAULT_LOCALE: the language of a visitor who chose none. Default ko."""
    time_zone: str = "Asia/Seoul"
    """TIME_ZONE: the agency's time zone; its dates are counted there. Default Asia/Seoul."""
    require_second_factor: bool = False
    """REQUIRE_SECOND_FACTOR: off until the second factor is built."""
    proxy_hops: NonNegativeInt = 0
    """PROXY_HOPS: how many reverse proxies stand in front and may be believed. Default 0; production must say it."""
    max_upload_bytes: NonNegativeInt = 21 * 1024 * 1024
    """MAX_UPLOAD_BYTES: the largest request taken. Default 20 MiB and a little for the form around it."""
    disk_reserve_bytes: NonNegativeInt = 500 * 1024 * 1024
    """DISK_RESERVE_BYTES: with less room on the disk of DATA_DIR no upload is taken. Default 500 MiB."""
    log_bytes: NonNegativeInt = 10_000_000
    """LOG_BYTES: where one supervisor runs everything, the size at which a log file is set aside. Default 10 MB."""
    log_files: NonNegativeInt = 5
    """LOG_FILES: how many files set aside are kept of each process; the oldest goes. Default 5."""
    metrics_token: str = Field(default="", repr=False)
    """METRICS_TOKEN: who sends it as a bearer token may read /metrics (Prometheus). Without it there is none."""
    session_idle_minutes: NonNegativeInt = 30
    """SESSION_IDLE_MINUTES: a session ends after so long without a request."""
    session_absolute_hours: NonNegativeInt = 12
    """SESSION_ABSOLUTE_HOURS: a session ends so long after sign-in, whatever happens."""
    rows_at_once: NonNegativeInt = 5_000
    """ROWS_AT_ONCE: a longer list is made into a file in the background."""
    web_processes: NonNegativeInt = 2
    """WEB_PROCESSES: processes of the web server."""
    web_threads: NonNegativeInt = 4
    """WEB_THREADS: pages that each of them works on at once; a thread may hold two of the pool's connections."""
    worker_processes: NonNegativeInt = 2
    """WORKER_PROCESSES: background tasks worked on at once."""

    @classmethod
    def from_environment(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Read and check all settings; raises SettingsError with a sentence for whoever starts the program.

        With `env` that alone is read, and the process's own environment is not.
        """
        given: dict[str, Any] = {name.lower(): value for name, value in (env or {}).items() if value}
        try:
            return cls() if env is None else cls(**{"data_dir": DATA_DIR} | given)
        except ValidationError as error:
            raise SettingsError(_sentence(error)) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Either what is given in code or the environment; no other source."""
        given = isinstance(init_settings, InitSettingsSource) and init_settings.init_kwargs
        return (init_settings if given else env_settings,)

    @model_validator(mode="after")
    def _check_demo(self) -> Self:
        """Made-up people never come into a database that was not made for them."""
        if self.demo and not (self.own_database or self.testing or self.production):
            raise SettingsError("DEMO works with the embedded database alone. Unset DEMO, or DATABASE_URL.")
        return self

    @property
    def own_database(self) -> bool:
        """True when the embedded PostgreSQL is meant, because DATABASE_URL is not given."""
        return _is_embedded(self.database_url, self.data_dir)

    @property
    def own_redis(self) -> bool:
        """True when the embedded Valkey is meant, because REDIS_URL is not given."""
        return self.redis_url == _embedded_valkey(self.data_dir)

    @property
    def secret_keys(self) -> list[str]:
        """The keys of SECRET_KEY, the one that signs first."""
        return [key for key in map(str.strip, self.secret_key.split(",")) if key]

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
