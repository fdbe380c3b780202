"""A worker killed while it writes a long list leaves no half file."""

import os
import signal
import subprocess
import sys
import time
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text

from config.settings import Settings
from marketplace.core import db, files
from marketplace.core.actors import Role
from marketplace.core.task_queue import BackgroundTask
from tests.factories.accounts import make_officer, sign_in_as
from tests.integration.test_downloads import LIST, ask, files_of, only_download
from workers import celery_app

MANY = 20_000
WORK = (
    "import sys, uuid, app; app.create_app(); from workers import celery_app; celery_app.work(uuid.UUID(sys.argv[1]))"
)


@pytest.mark.slow
def test_a_killed_worker_leaves_no_half_file(app: Flask, real_database: Settings) -> None:
    """Its progress is seen while it works; who comes next makes the file whole."""
    client = app.test_client()
    client.set_cookie("lang", "en")
    with app.app_context():
        auditor = make_officer(Role.AUDITOR)
        db.session.execute(
            text(
                "INSERT INTO audit_entries (at, role, action, subject_type, subject_id, body)"
                " SELECT app_now(), 'system', 'noted', 'people', gen_random_uuid(), '{}' FROM generate_series(1, :many)"
            ),
            {"many": MANY},
        )
        db.commit()
        sign_in_as(client, auditor)
    page = ask(client, LIST.format(kind="csv"))
    with app.app_context():
        download = only_download()
        task_id = db.session.scalar(select(BackgroundTask.id).where(BackgroundTask.name == "make_download"))
        assert task_id is not None
        process = start(task_id, real_database)
        while download.rows == 0:
            assert process.poll() is None, "the file was made before it was looked at"
            time.sleep(0.01)
            db.session.rollback()
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
        assert "rows are written" in client.get(page).text
        (half,) = files_of(download.id)
        assert half != files.place(download.id)
        assert not celery_app.work(task_id), "its lease holds"
        db.session.execute(text("UPDATE background_tasks SET lease_until = clock_timestamp()"))
        db.commit()
        assert celery_app.work(task_id)
        assert files_of(download.id) == [files.place(download.id)]
        assert f"It has {MANY:,} rows" in client.get(page).text
        with client.get(f"{page}/file") as answer:
            assert len(answer.data.splitlines()) == MANY + 1


def start(task_id: UUID, settings: Settings) -> "subprocess.Popen[bytes]":
    """A worker's process that does this task."""
    env = {
        "PATH": os.environ["PATH"],
        "TESTING": "1",
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
        "OWNER_DATABASE_URL": settings.owner_database_url,
        "REDIS_URL": settings.redis_url,
    }
    return subprocess.Popen([sys.executable, "-c", WORK, str(task_id)], env=env)
