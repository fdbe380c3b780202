"""`.venv/bin/python -m tests.bench.marks`: what the marks of seen rows cost forms, in CPU with them and without."""

import hypothesis  # noqa: F401  (as in conftest)

# isort: split

import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask

from marketplace.core import db, seen
from tests.bench import readers, report
from tests.bench.__main__ import server
from tests.bench.readers import Reading
from tests.factories.pages import OpenForm

TIMES = 31


def main() -> None:
    """Make the data, measure, print and write the table."""
    from app import create_app

    with server() as (_running, settings, _folder):
        settings = settings.model_copy(update={"demo": True})
        os.environ.update(readers.environment(settings))
        app = create_app(settings)
        readers.make_data(settings, app)
        lines = table(app, [one for one in readers.readings(app) if one.endpoint in app.extensions["seen"]])
        db.session.get_bind().dispose()  # type: ignore[union-attr]
    print("\n".join(lines))
    report.put("marks", lines)


def table(app: Flask, readings: list[Reading]) -> list[str]:
    """The lines for the document: the pages of forms, the dearest marks first, and sending such a form."""
    found = []
    for one in readings:
        times, sizes = compare(app, lambda one=one: len(one.client.get(one.path).data))  # type: ignore[misc]
        found.append((times[0] - times[1], f"`{one.endpoint}`", times, sizes))
    found.sort(key=lambda row: -row[0])
    lines = ["| page of a form | with marks, ms | without, ms | kB more |", "|---|---|---|---|"]
    for _more, name, (marked, plain), (large, small) in found[:8]:
        lines.append(f"| {name} | {marked:.2f} | {plain:.2f} | {(large - small) / 1000:.1f} |")
    middle = statistics.median(times[0] / times[1] for _more, _name, times, _sizes in found)
    lines += ["", f"Over {len(found)} pages of forms about a row the median is {100 * (middle - 1):.1f} % more CPU."]
    sent = [one for one in readings if one.endpoint == "vouchers.application_facts"]
    if sent:
        form = OpenForm(sent[0].client, sent[0].path)
        marked, plain = compare(app, lambda: form.send().status_code)[0]
        lines.append(f"Saving the facts of an application: {marked:.2f} ms of CPU with its mark, {plain:.2f} without.")
    return [*lines, "", f"{datetime.now(UTC):%Y-%m-%d}, `python -m tests.bench.marks`, {report.machine()}."]


def compare(app: Flask, act: Callable[[], int]) -> tuple[tuple[float, float], tuple[int, int]]:
    """Milliseconds of CPU with marks and without, in turns, and what the act answered in either case."""
    times: dict[bool, list[float]] = {True: [], False: []}
    answers = {}
    asked = seen._asked
    for number in range(2 * TIMES + 2):
        marked = number % 2 == 0
        seen._asked = asked if marked else lambda: None
        start = time.process_time()
        answers[marked] = act()
        if number > 1:
            times[marked].append((time.process_time() - start) * 1000)
    seen._asked = asked
    return (statistics.median(times[True]), statistics.median(times[False])), (answers[True], answers[False])


if __name__ == "__main__":
    main()
