"""`make bench-pages`: pages of all roles beside Flask's hello, in CPU and under the web server; docs/benchmarks.md."""

import hypothesis  # noqa: F401  (as in conftest)

# isort: split

import os
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from marketplace.agency import queries as agency
from marketplace.core import db
from marketplace.core.actors import Role
from marketplace.core.server import settle_memory
from tests.bench import hello, load, pages, readers, report
from tests.bench.__main__ import server
from tests.bench.readers import Reading

ROUNDS = int(os.environ.get("ROUNDS", "3"))
SECONDS = float(os.environ.get("SECONDS", "2"))
TIMES = 9
LIST, START, ANY = 0.10, 20, 25

# What the table names; of all other pages only the dearest.
NAMED = {
    "a visitor's start page": (Role.VISITOR, "reports.home"),
    "the public list of 50 firms": (Role.VISITOR, "providers.directory"),
    "a call, for the public": (Role.VISITOR, "programmes.call"),
    "the books": (Role.VISITOR, "reports.books"),
    "the money of a call": (Role.VISITOR, "reports.call_money"),
    "a signatory's start page": (Role.SIGNATORY, "reports.home"),
    "a job": (Role.SIGNATORY, "jobs.job"),
    "an engagement": (Role.SIGNATORY, "engagements.engagement"),
    "a manager's start page": (Role.MANAGER, "reports.home"),
    "a claim": (Role.MANAGER, "claims.claim"),
    "a consultant's start page": (Role.CONSULTANT, "reports.home"),
    "a programme officer's start page": (Role.PROGRAMME_OFFICER, "reports.home"),
    "applications received, 50 rows": (Role.PROGRAMME_OFFICER, "vouchers.received_applications"),
    "a budget officer's start page": (Role.BUDGET_OFFICER, "reports.home"),
    "an ethics officer's start page": (Role.ETHICS_OFFICER, "reports.home"),
    "a flag": (Role.ETHICS_OFFICER, "ethics.flag"),
    "an evaluator's start page": (Role.EVALUATOR, "reports.home"),
    "an administrator's start page": (Role.ADMINISTRATOR, "reports.home"),
    "surveys": (Role.ADMINISTRATOR, "surveys.survey_list"),
    "the audit trail, 50 rows": (Role.ADMINISTRATOR, "accounts.audit_log"),
    "an auditor's start page": (Role.AUDITOR, "reports.home"),
}
# What is also asked for under the web server.
SERVED = (
    "the public list of 50 firms",
    "applications received, 50 rows",
    "the audit trail, 50 rows",
    "a signatory's start page",
    "an engagement",
)


@dataclass(frozen=True)
class Cost:
    """What one page costs: CPU here and in the database as multiples of the hellos around it, statements, bytes."""

    cpu: float
    database: float
    statements: int
    size: int


def main() -> None:
    """Make the data, measure everything, print and write the table."""
    from app import create_app

    started = time.monotonic()
    with server() as (_running, settings, folder):
        settings = settings.model_copy(update={"demo": True})
        os.environ.update(readers.environment(settings))
        app = create_app(settings)
        agency.configure(
            production=False, keep_seconds=600
        )  # as a running service keeps it, for longer than this takes
        print("making data", flush=True)
        readers.make_data(settings, app)
        readings = readers.readings(app)
        settle_memory()  # as the web server does
        print(f"{len(readings)} pages after {time.monotonic() - started:.0f} s", flush=True)
        floor, costs = measure_cpu(app, readings)
        print(f"CPU measured after {time.monotonic() - started:.0f} s", flush=True)
        rates = measure_rates(named(readings), pages.Site(settings, folder, agency=True), folder)
        db.session.get_bind().dispose()  # type: ignore[union-attr]
    lines = table(floor, costs, rates)
    print("\n".join(lines))
    report.put("pages", lines)
    print(f"{time.monotonic() - started:.0f} s")


def named(readings: Sequence[Reading]) -> dict[str, Reading]:
    """The pages of the table; KeyError when the data have no such page."""
    by_view = {(reading.role, reading.endpoint): reading for reading in readings}
    return {words: by_view[key] for words, key in NAMED.items()}


def measure_cpu(app: Flask, readings: Sequence[Reading]) -> tuple[float, dict[Reading, Cost]]:
    """Milliseconds of CPU of a hello, and what each page costs; medians.

    After each page comes a hello, which so finds the machine's caches as full of other things as the page does. A page
    is held against its own hellos, since a machine that others share is not equally fast from one minute to the next.
    """
    greeter = hello.create_app().test_client()
    floors: list[float] = []
    costs: dict[Reading, Cost] = {}
    servers = [child for child in psutil.Process().children() if "postgres" in child.name()]
    for reading in readings:
        with counted() as statements:
            answer = reading.client.get(reading.path)
        before, times, own = _database_cpu(servers), [], []
        for _time in range(TIMES):
            times.append(_cpu(reading.client, reading.path))
            own.append(_cpu(greeter, "/"))
        floor = statistics.median(own)
        spent = (_database_cpu(servers) - before) / TIMES
        costs[reading] = Cost(statistics.median(times) / floor, spent / floor, len(statements), len(answer.data))
        floors += own
    return statistics.median(floors), costs


def _cpu(client: FlaskClient, path: str) -> float:
    start = time.process_time()
    answer = client.get(path)
    spent = time.process_time() - start
    assert answer.status_code == 200, (answer.status_code, path)
    return spent * 1000


def _database_cpu(servers: Sequence[psutil.Process]) -> float:
    """Milliseconds that all processes of the database have run so far."""
    processes = [process for server in servers for process in server.children()]
    return sum(int(Path(f"/proc/{entry.pid}/schedstat").read_text().split()[0]) for entry in processes) / 1e6


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent to the database inside the block."""
    statements: list[str] = []
    engine = db.session.get_bind()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def measure_rates(chosen: dict[str, Reading], site: pages.Site, folder: Path) -> dict[str, float]:
    """Answers a second under the web server, of a hello and of pages, in turns."""
    greeter = pages.Site(site.settings, folder, command=hello.command)
    rates: dict[str, list[float]] = defaultdict(list)
    try:
        for number in range(ROUNDS + 1):
            rates["hello"].append(_rate(greeter, "/"))
            for words in SERVED:
                rates[words].append(_rate(site, chosen[words].path, chosen[words].client))
            if not number:
                rates.clear()  # the first round only warms up
    finally:
        site.stop()
        greeter.stop()
    return {words: statistics.median(measured) for words, measured in rates.items()}


def _rate(site: pages.Site, path: str, client: FlaskClient | None = None) -> float:
    settings = site.settings
    names = ("session", "lang", "device")
    cookies = [client.get_cookie(name) for name in names] if client else []
    header = "; ".join(f"{cookie.key}={cookie.value}" for cookie in cookies if cookie)
    return load.rate(settings.host, settings.port, path, header, seconds=SECONDS)


def table(floor: float, costs: dict[Reading, Cost], rates: dict[str, float]) -> list[str]:
    """The lines for the document: the named pages, what is served in a second, and whether the targets are met."""
    lines = ["| page | CPU, × hello | database CPU, × hello | statements | kB |", "|---|---|---|---|---|"]
    lines.append(f"| Flask's hello, {floor:.2f} ms | 1 | 0 | 0 | 0 |")
    chosen = named(list(costs))
    rest = sorted(costs.keys() - chosen.values(), key=lambda reading: -costs[reading].cpu)
    dearest = {f"also dear: `{reading.endpoint}`, {reading.role.replace('_', ' ')}": reading for reading in rest[:8]}
    for words, reading in {**chosen, **dearest}.items():
        cost = costs[reading]
        times = f"{cost.cpu:.1f} | {cost.database:.1f}"
        lines.append(f"| {words} | {times} | {cost.statements} | {cost.size / 1000:.0f} |")
    lines += ["", "| under the web server, as an agency runs it, 8 connections | per second | ratio |", "|---|---|---|"]
    lines += [f"| {words} | {rate:,.0f} | {rate / rates['hello']:.3f} |" for words, rate in rates.items()]
    return [*lines, "", *verdicts(costs, rates), "", _origin(len(costs))]


def verdicts(costs: dict[Reading, Cost], rates: dict[str, float]) -> list[str]:
    """Each target, and whether this run meets it."""
    served = rates["the public list of 50 firms"] / rates["hello"]
    above = sorted(
        (f"{reading.endpoint} for {reading.role} {cost.cpu:.1f}" for reading, cost in costs.items()
         if cost.cpu > ANY),
    )  # fmt: skip
    starts = {reading.role: costs[reading].cpu for reading in costs if reading.endpoint == "reports.home"}
    starts.pop(Role.VISITOR)
    slow = [f"{role} {times:.1f}" for role, times in starts.items() if times > START]
    return [
        f"- List of 50 rows at {LIST} of hello's throughput or more: {_met(served >= LIST)} ({served:.3f}).",
        f"- Start pages of those signed in at {START} × hello or less: {_met(not slow)}"
        f" ({', '.join(slow) or f'{max(starts.values()):.1f} at most'}).",
        f"- Every page at {ANY} × hello or less, of {len(costs)}: {_met(not above)}"
        f" ({', '.join(above) or f'{max(cost.cpu for cost in costs.values()):.1f} at most'}).",
    ]


def _met(holds: bool) -> str:
    return "**met**" if holds else "**missed**"


def _origin(count: int) -> str:
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, `ROUNDS={ROUNDS} SECONDS={SECONDS:g} make bench-pages`, {report.machine()},"
        f" {count} pages; load average at the end {os.getloadavg()[0]:.1f}."
    )


if __name__ == "__main__":
    main()
