"""Allocating and issuing in bulk, as a worker does it, beside the same rows written by the database alone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

from flask import Flask
from psycopg import Connection
from sqlalchemy import text

from config.local import postgres
from config.settings import Settings
from marketplace.core import db
from marketplace.core.actors import SYSTEM
from marketplace.vouchers import queries, service
from tests import business_time
from tests.factories.applicants import make_applicants
from tests.factories.programmes import make_call

APPLICATIONS = int(os.environ.get("APPLICATIONS", "100000"))
VOUCHERS = APPLICATIONS // 10
FLOOR = (Path(__file__).parent / "bulk.sql").read_text()
# What keeps the books in the product, one transfer after the other; the floor sums them up instead.
BOOKS = (("ledger_transfers", "book"), ("ledger_accounts", "transfers_alone"), ("ledger_accounts", "opens_empty"))


class Bulk:
    """Calls with sealed applications, each answered once: by the product or by the floor."""

    def __init__(self, app: Flask, settings: Settings, sockets: Path, database: str) -> None:
        self.app, self.sockets, self.database = app, sockets, database
        self.first = count(1, APPLICATIONS)
        # As a worker is connected.
        db.connect(settings.database_url, statement_timeout=timedelta(seconds=60))
        with self.owner() as connection:
            connection.execute(FLOOR.encode())

    def allocate(self) -> float:
        """Applications answered a second by the product."""
        call_id = self.sealed(APPLICATIONS)
        return APPLICATIONS / self.work(call_id)

    def allocate_floor(self) -> float:
        """The same rows, in applications a second."""
        call_id = self.sealed(APPLICATIONS)
        return APPLICATIONS / self.write(f"bench_decide('{call_id}', {VOUCHERS}), bench_carry_out('{call_id}')")

    def issue(self) -> float:
        """Vouchers issued a second by the product, once it is decided that everybody has one."""
        call_id = self.sealed(VOUCHERS)
        self.work(call_id, until_decided=True)
        left = VOUCHERS - self.issued(call_id)
        return left / self.work(call_id)

    def issue_floor(self) -> float:
        """The same rows, in vouchers a second."""
        call_id = self.sealed(VOUCHERS)
        self.write(f"bench_decide('{call_id}', {VOUCHERS})")
        return VOUCHERS / self.write(f"bench_carry_out('{call_id}')")

    def sealed(self, applications: int) -> UUID:
        """A call with money for the vouchers and so many applications that were handed in."""
        with self.unit():
            call = make_call(vouchers=VOUCHERS)
            make_applicants(call, applications, first=next(self.first))
            call_id: UUID = call.id
        with self.owner() as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")
        return call_id

    def work(self, call_id: UUID, *, until_decided: bool = False) -> float:
        """Do the call's tasks, each in its own transaction as a worker does; the seconds it took."""
        business_time.ahead(timedelta(days=8))
        start = time.perf_counter()
        with self.unit():
            service.close_call(call_id, actor=SYSTEM)
        for batch in count(1):
            with self.unit():
                service.allocate_batch(call_id, batch, actor=SYSTEM)
                allocation = queries.find_allocation(call_id)
                assert allocation is not None
                if allocation.finished_at or (until_decided and allocation.decided_at):
                    break
        business_time.come_back()
        return time.perf_counter() - start

    def write(self, calls: str) -> float:
        """Let the floor's functions write the rows, in one transaction; the seconds it took."""
        with self.owner() as connection:
            connection.execute("CREATE TEMP TABLE bench_assessment AS SELECT * FROM assessments LIMIT 1")
            for table, trigger in BOOKS:
                connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}".encode())
            start = time.perf_counter()
            connection.execute(f"SELECT {calls}".encode())
            elapsed = time.perf_counter() - start
            for table, trigger in BOOKS:
                connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}".encode())
        return elapsed

    def issued(self, call_id: UUID) -> int:
        """How many vouchers the call has given."""
        with self.unit():
            return int(
                db.session.scalar(text("SELECT count(*) FROM vouchers WHERE call_id = :id"), {"id": call_id}) or 0
            )

    @contextmanager
    def unit(self) -> Iterator[None]:
        """One transaction of the product."""
        with self.app.app_context(), db.unit_of_work():
            yield

    @contextmanager
    def owner(self) -> Iterator[Connection]:
        """A connection as the cluster's superuser, each statement by itself."""
        with postgres.connect(self.sockets, self.database) as connection:
            yield connection
