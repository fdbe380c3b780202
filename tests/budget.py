"""What each test costs in CPU, whatever else the machine does; the ten dearest are printed after every run.

A test's cost is the processor time of its own process and of the processes that it has waited for. The database's
is not in it: that runs in servers which all tests share. A unit test has 50 ms, one of integration or of Hypothesis a
second; whoever needs more says why, `@pytest.mark.costly("why")`. A busy or slower machine makes everything dearer,
and whoever is first in a process pays for what is read once (a calendar of holidays, a font): so a test fails only
where it costs a second more than five times its budget. Tests in the other folders need processes, crowds or
browsers by their nature; what they cost is printed only.
"""

import os
import resource
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BUDGETS = {"unit": 0.05, "integration": 1.0}
PATIENCE = 5
FIRST = 1.0
"""Seconds for what a process reads once."""
SHOWN = 10
TESTS = Path(__file__).parent
BEGAN = pytest.StashKey[float]()
costs: defaultdict[str, float] = defaultdict(float)


def spent() -> float:
    """Seconds of CPU of this process and the children that it has waited for."""
    both = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in both)


def budget(item: pytest.Item) -> float:
    """How many seconds of CPU this test may cost, what all tests share not counted."""
    costly = item.get_closest_marker("costly")
    assert costly is None or costly.args, "say why it is costly"
    if costly or item.get_closest_marker("slow"):
        return float("inf")
    folder = "integration" if item.get_closest_marker("hypothesis") else item.path.relative_to(TESTS).parts[0]
    return BUDGETS.get(folder, float("inf"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    item.stash[BEGAN] = spent()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[pytest.TestReport]:
    report = yield
    now = spent()
    report.cpu = now - item.stash[BEGAN]  # xdist carries it to the controller
    item.stash[BEGAN] = now
    if report.when == "call" and report.passed and report.cpu > PATIENCE * budget(item) + FIRST:
        report.outcome = "failed"
        report.longrepr = f"{report.cpu:.2f} s of CPU, and its budget is {budget(item)} s (tests/budget.py)"
    return report


def pytest_runtest_logreport(report: Any) -> None:
    """Added up once: with xdist by the controller alone."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    costs[report.nodeid] += report.cpu
    if path := os.environ.get("COSTS"):
        with open(path, "a") as file:
            file.write(f"{report.cpu:.3f}\t{report.duration:.3f}\t{report.when}\t{report.nodeid}\n")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The dearest tests, what they prepare included, and what all cost."""
    terminalreporter.section(f"{sum(costs.values()):.0f} s of CPU, the dearest tests")
    for name in sorted(costs, key=costs.__getitem__, reverse=True)[:SHOWN]:
        terminalreporter.line(f"{costs[name]:8.2f} s  {name}")
