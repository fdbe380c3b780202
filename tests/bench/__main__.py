"""`make bench-money`: the floor and the product in turns on one server, as ratios; writes docs/benchmarks.md."""

import hypothesis  # noqa: F401  (as in conftest)

# isort: split

import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from flask import Flask

from config.local import postgres
from config.settings import Settings
from marketplace.core import db
from marketplace.core.actors import Actor
from tests import business_time
from tests.bench import bulk, pages, pgbench, product, report
from tests.bench.bulk import Bulk
from tests.bench.crowd import Rush
from tests.embedded_server import EmbeddedServer, copy_template

DATABASE = "bench"
ROUNDS = int(os.environ.get("ROUNDS", "3"))
SECONDS = int(os.environ.get("SECONDS", "5"))
# Which parts run; the table in the document is written only by a run of all of them.
ALL = ("verbs", "rush", "bulk")
PARTS = os.environ.get("PARTS", " ".join(ALL)).split()
REDEMPTIONS, WHOLE, FORMS, APPLICATIONS, CLAIMS, WARM = 240, 100, 160, 64, 4, 64
FLOOR = "".join((Path(__file__).parent / name).read_text() for name in ("redeem_floor.sql", "floor.sql"))
Rates = dict[str, list[float]]


@contextmanager
def server() -> Iterator[tuple[EmbeddedServer, Settings, Path]]:
    """A server that keeps what it acknowledges, as on a real machine, with the product's tables."""
    running = EmbeddedServer(options=())
    with tempfile.TemporaryDirectory() as folder:
        try:
            url = copy_template(running.sockets, DATABASE)
            pgbench.prepare(running.sockets, DATABASE)
            settings = Settings.from_environment(
                {
                    "TESTING": "1",
                    "DATA_DIR": folder,
                    "DATABASE_URL": url,
                    "OWNER_DATABASE_URL": url.replace("app@", "owner@"),
                    "REDIS_URL": f"unix://{running.sockets}/valkey.sock?db=0",
                }
            )
            yield running, settings, Path(folder)
        finally:
            running.stop()


class World:
    """What is there to be redeemed, applied for and approved; made before anything is measured."""

    def __init__(self, app: Flask, sockets: Path) -> None:
        from tests.factories import engagements as make
        from tests.factories.copies import copy_agreements

        self.app, self.cookies = app, dict[Actor, str]()
        copies = (
            1 + WARM // pgbench.CLIENTS + ROUNDS * (REDEMPTIONS + FORMS + WHOLE * pgbench.CLIENTS) // pgbench.CLIENTS
        )
        self.agreements: list[product.Redeeming] = []
        with app.app_context():
            for _number in range(pgbench.CLIENTS):
                with db.unit_of_work():
                    story = make.make_story(budget=10**12)
                    agreement = make.make_agreement(story)
                with postgres.connect(sockets, DATABASE) as connection:
                    copies_made = copy_agreements(connection, agreement, vouchers=copies)
                self.agreements += [product.Redeeming(copy[0], agreement.aid, story.sme) for copy in copies_made]
            self.story = story
        self.agreements.sort(key=lambda copy: copy.agreement_id)  # the firms mixed
        self.waiting = iter(self.agreements)

    def take(self, count: int) -> list[product.Redeeming]:
        """The next agreements, each once."""
        return list(islice(self.waiting, count))

    def drafts(self, count: int) -> tuple[Any, list[product.Applying]]:
        """A call with half as many vouchers, and so many applications ready to be submitted."""
        from tests.factories.accounts import make_sme
        from tests.factories.programmes import make_call
        from tests.factories.vouchers import make_draft

        with self.app.app_context(), db.unit_of_work():
            call = make_call(vouchers=count // 2)
            people = [make_sme() for _number in range(count)]
            return call.id, [product.Applying(make_draft(call, person).id, person) for person in people]

    def claims(self, count: int) -> list[Any]:
        """Claims that wait for the budget officer."""
        from marketplace.claims import service
        from tests.factories import claims, engagements

        made = []
        with self.app.app_context():
            for _number in range(count):
                with db.unit_of_work():
                    small = dict.fromkeys(engagements.STAGES, 100_000)
                    engagement = engagements.make_engagement(self.story, small)
                    engagements.accept_all(self.story, engagement, stages=1)
                    claim = claims.submit(self.story, engagement)
                    service.check_claim(claim.id, actor=self.story.programme_officer)
                    made.append(claim.id)
        return made

    def cookie(self, actor: Actor) -> str:
        """The cookie of a session that the sign-in page would have made."""
        from tests.factories.accounts import sign_in_as

        if actor not in self.cookies:
            client = self.app.test_client()
            with self.app.app_context():
                sign_in_as(client, actor)
            cookie = client.get_cookie(self.app.config["SESSION_COOKIE_NAME"])
            assert cookie
            self.cookies[actor] = f"{cookie.key}={cookie.value}"
        return self.cookies[actor]


def main() -> None:
    """Run every round of the parts asked for, print and write the table."""
    from app import create_app

    with server() as (running, settings, folder):
        app = create_app(settings)
        rates: Rates = defaultdict(list)
        if "verbs" in PARTS:
            measure_verbs(rates, app, settings, running.sockets, folder)
        if "rush" in PARTS:
            measure_rush(rates, app, settings, folder)
        if "bulk" in PARTS:
            measure_bulk(rates, app, settings, running.sockets)
        with app.app_context():
            check_books()
        db.session.get_bind().dispose()  # type: ignore[union-attr]
    write({name: statistics.median(measured) for name, measured in rates.items()})


def rounds(rates: Rates) -> Iterator[int]:
    """Each round's number; what it measured is printed after it."""
    for number in range(1, ROUNDS + 1):
        print(f"round {number} of {ROUNDS}, load {os.getloadavg()[0]:.1f}", flush=True)
        yield number
        print({name: round(measured[-1], 1) for name, measured in rates.items()}, flush=True)


def measure_verbs(rates: Rates, app: Flask, settings: Settings, sockets: Path, folder: Path) -> None:
    """Redeeming, applying, allocating and approving, one at a time."""
    print("making what is redeemed", flush=True)
    world = World(app, sockets)
    with postgres.connect(sockets, DATABASE) as connection:
        connection.execute(FLOOR.encode())
        for number, member in enumerate(world.take(ROUNDS * WHOLE * pgbench.CLIENTS), start=1):
            connection.execute("INSERT INTO bench_agreements VALUES (%s, %s)", [number, member.agreement_id])
        connection.execute("VACUUM ANALYZE")
    crowd, site = product.Crowd(settings), pages.Site(settings, folder)
    try:
        crowd.rate(product.redeem, world.take(WARM))
        for _number in rounds(rates):
            measure_redeeming(rates, world, sockets, crowd, site)
            measure_applying(rates, world, crowd, site)
    finally:
        crowd.stop()
        site.stop()


def measure_rush(rates: Rates, app: Flask, settings: Settings, folder: Path) -> None:
    """Applications of a crowd over HTTP, beside a page that keeps one row of the same applications."""
    site = pages.Site(settings, folder)
    try:
        rush = Rush(app, ROUNDS)
        for _number in rounds(rates):
            kept, taken = rush.rates(site)
            rates["one row over HTTP"].append(kept)
            rates["rush over HTTP"].append(taken)
        rush.check()
    finally:
        site.stop()


def measure_bulk(rates: Rates, app: Flask, settings: Settings, sockets: Path) -> None:
    """Allocating and issuing very many, beside the same rows written by hand; last, as its tables grow large."""
    work = Bulk(app, settings, sockets, DATABASE)
    for _number in rounds(rates):
        rates["allocate in bulk"].append(work.allocate())
        # After the product, which leaves an assessment to copy.
        rates["allocate rows"].append(work.allocate_floor())
        rates["issue rows"].append(work.issue_floor())
        rates["issue in bulk"].append(work.issue())


def measure_redeeming(rates: Rates, world: World, sockets: Path, crowd: product.Crowd, site: pages.Site) -> None:
    """The floors and redeeming, one after the other."""
    rates["floor"].append(pgbench.script(sockets, DATABASE, pgbench.REDEEM, "-T", str(SECONDS)))
    rates["whole"].append(pgbench.script(sockets, DATABASE, pgbench.REDEEM_WHOLE, "-t", str(WHOLE)))
    rates["redeem"].append(crowd.rate(product.redeem, world.take(REDEMPTIONS)))
    forms = [
        pages.Form(site, f"/agreements/{member.agreement_id}/redeem", world.cookie(member.actor), {"agreed": "y"})
        for member in world.take(FORMS)
    ]
    rate, answered = pages.rate(site, forms)
    rates["redeem over HTTP"].append(rate)
    rates["redeem over HTTP, p95"].append(answered)
    rates["update"].append(pgbench.simple_update(sockets, DATABASE, seconds=SECONDS))
    rates["transfer"].append(pgbench.script(sockets, DATABASE, pgbench.TRANSFER, "-T", str(SECONDS)))


def measure_applying(rates: Rates, world: World, crowd: product.Crowd, site: pages.Site) -> None:
    """Applying, allocating and approving, one after the other."""
    from marketplace.claims import service as claims
    from marketplace.programmes import queries as programmes
    from marketplace.vouchers import rules
    from tests.factories.vouchers import allocate_all

    call_id, items = world.drafts(2 * APPLICATIONS)
    rates["apply"].append(crowd.rate(product.apply, items[:APPLICATIONS]))
    declared = dict.fromkeys(rules.DECLARATIONS, "y")
    forms = [
        pages.Form(site, f"/applications/{item.application_id}/check", world.cookie(item.actor), declared)
        for item in items[APPLICATIONS:]
    ]
    rate, answered = pages.rate(site, forms)
    rates["apply over HTTP"].append(rate)
    rates["apply over HTTP, p95"].append(answered)
    with world.app.app_context(), db.unit_of_work():
        business_time.ahead(timedelta(days=8))
        start = time.perf_counter()
        allocate_all(programmes.get_call(call_id))
    rates["allocate"].append(2 * APPLICATIONS / (time.perf_counter() - start))
    business_time.come_back()
    waiting = world.claims(CLAIMS)
    start = time.perf_counter()
    for claim_id in waiting:
        with world.app.app_context(), db.unit_of_work():
            claims.approve_claim(claim_id, actor=world.story.budget_officers[0], key=f"approve:{claim_id}")
    rates["approve"].append(CLAIMS / (time.perf_counter() - start))


def check_books() -> None:
    """What was measured was real: the books balance."""
    from marketplace.ledger import queries

    faults = [str(fault) for fault in queries.verify().faults]
    assert not faults, faults[:5]


def write(median: dict[str, float]) -> None:
    """Put the table between its two marks in the document."""
    rows = [
        ("floor: key, voucher, two sides of the book; one function under pgbench, 8 clients", "floor", None),
        ("redeeming as one function of the database, under pgbench, 8 clients", "whole", None),
        ("redeem through the service, 2 processes × 4 threads", "redeem", "whole"),
        ("the same, beside the bare floor", "redeem", "floor"),
        ("redeem over HTTP, 2 workers, 8 clients", "redeem over HTTP", "floor"),
        ("the same, beside the one function", "redeem over HTTP", "whole"),
        ("apply (submit) through the service, 2 processes × 4 threads", "apply", "floor"),
        ("apply over HTTP, 2 workers, 8 clients", "apply over HTTP", "floor"),
        ("allocate through the service, applications answered, one process", "allocate", "floor"),
        ("approve through the service, one process", "approve", "floor"),
        ("pgbench -N simple update, 8 clients", "update", None),
        ("one ledger transfer (key, both balances) under pgbench, 8 clients", "transfer", "update"),
        ("a page that keeps one row of a draft, 2 workers, 32 clients", "one row over HTTP", None),
        ("apply for a tenth of the money, 2 workers, 32 clients", "rush over HTTP", "one row over HTTP"),
        ("the rows of an allocation by INSERT..SELECT, in applications", "allocate rows", None),
        (
            f"allocate {bulk.APPLICATIONS:,} applications on {bulk.VOUCHERS:,} vouchers",
            "allocate in bulk",
            "allocate rows",
        ),
        ("the rows of issuing by INSERT..SELECT, in vouchers", "issue rows", None),
        (f"issue {bulk.VOUCHERS:,} vouchers, in pieces that are each stored", "issue in bulk", "issue rows"),
    ]
    lines = ["| measured | per second | ratio |", "|---|---|---|"]
    for words, name, beside in rows:
        if name not in median:
            continue
        ratio = f"{median[name] / median[beside]:.2f} × {beside}" if beside else "1"
        lines.append(f"| {words} | {median[name]:,.0f} | {ratio} |")
    waits = ", ".join(f"{name} {median[name]:.0f} ms" for name in median if name.endswith("p95"))
    lines += [
        "",
        f"Answered within, for 95 %: {waits}. {datetime.now(UTC):%Y-%m-%d}, `ROUNDS={ROUNDS} SECONDS={SECONDS}"
        f" APPLICATIONS={bulk.APPLICATIONS} make bench-money`, {report.machine()}, median of {ROUNDS} rounds;"
        f" load average at the end {os.getloadavg()[0]:.1f}.",
    ]
    print("\n".join(lines))
    if set(PARTS) >= set(ALL):
        report.put("run", lines)


if __name__ == "__main__":
    main()
