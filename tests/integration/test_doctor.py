"""`marketplace doctor` and the start ask the database who they are to it (ASVS 5.0: 8.4.1, 13.2.2)."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from config.local import postgres
from config.settings import Settings
from marketplace.core import db, safety
from tests.conftest import unbind

DOCTOR = Path(sys.executable).with_name("marketplace")


@contextmanager
def as_role(settings: Settings, role: str) -> Iterator[Engine]:
    engine = create_engine(settings.database_url.replace("app@", f"{role}@"), poolclass=NullPool)
    db.session.remove()
    db.session.configure(bind=engine)
    yield engine
    unbind()


@pytest.fixture
def roles(sockets: Path) -> Iterator[None]:
    with postgres.connect(sockets) as server:
        server.execute("CREATE ROLE passes LOGIN BYPASSRLS")
        server.execute("CREATE ROLE heir LOGIN NOINHERIT")
        server.execute("GRANT owner TO heir")
    yield
    with postgres.connect(sockets) as server:
        server.execute("DROP ROLE passes, heir")


@pytest.mark.usefixtures("app", "roles")
def test_a_role_that_may_do_more_than_run_the_service_is_refused(settings: Settings) -> None:
    faults = {"postgres": "superuser", "owner": "owns tables", "heir": "owns tables", "passes": "bypasses row security"}
    for role, words in faults.items():
        with as_role(settings, role):
            problem = safety.database_role(settings)
        assert problem, role
        assert role in problem
        assert words in problem
    with as_role(settings, "app"):
        assert safety.database_role(settings) is None


def run(*words: str, **env: str) -> "subprocess.CompletedProcess[str]":
    keep = {"PATH": os.environ["PATH"]}
    return subprocess.run([DOCTOR, *words], env=keep | env, capture_output=True, text=True)


@pytest.mark.costly("starts three processes")
def test_doctor_prints_the_list_by_which_the_start_refuses(settings: Settings, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    given = {
        "PRODUCTION": "1",
        "BASE_URL": "https://vouchers.example.org",
        "SECRET_KEY": secrets.token_hex(32),
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": settings.database_url,
        "OWNER_DATABASE_URL": settings.owner_database_url,
        "REDIS_URL": settings.redis_url,
        "SMTP_URL": "smtp://mail.internal:587",
        "PROXY_HOPS": "1",
    }
    well = run("doctor", **given)
    assert (well.returncode, well.stderr) == (0, "")
    lines = [line for line in well.stdout.splitlines() if not line.startswith("ok")]
    assert lines == []
    assert len(well.stdout.splitlines()) == len(safety.CHECKS)

    ill = {**given, "DATABASE_URL": settings.owner_database_url, "OWNER_DATABASE_URL": settings.database_url}
    told = run("doctor", **ill)
    assert told.returncode == 1
    assert [line for line in told.stdout.splitlines() if line.startswith("FAIL")] == [
        "FAIL  DATABASE_URL's role may not change tables or pass by row security."
    ]
    refused = run("migrate", "check", **ill)
    assert refused.returncode == 1
    assert refused.stderr.strip() in told.stdout
