"""What is counted of each answer for Prometheus; the processes of one web server count into files of one folder."""

from pathlib import Path
from shutil import rmtree

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from config.settings import set_for_library

METHODS = ("GET", "HEAD", "POST")
"""Others are counted as one: anybody may invent them."""
REQUESTS = Counter("marketplace_requests", "Answers by page, method and status.", ["route", "method", "status"])
SECONDS = Histogram(
    "marketplace_request_seconds", "How long an answer took, by page.", ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip
NO_PAGE = "none"
"""The route of an address that leads to no page."""
_shared: Path | None = None


def count(route: str, method: str, status: int, seconds: float) -> None:
    """Count one answer; `route` is the page's rule, never the address that somebody typed."""
    REQUESTS.labels(route, method if method in METHODS else "other", status).inc()
    SECONDS.labels(route).observe(seconds)


def share(folder: Path) -> None:
    """Let processes that are forked from now on count together, beginning at nothing. Call it before any is counted."""
    global _shared
    _shared = folder
    rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    set_for_library("PROMETHEUS_MULTIPROC_DIR", str(folder))
    # The library looks at its variable when it is imported, which is long before the server knows its folder.
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]


def page(collector: Collector) -> bytes:
    """What was counted, and what the collector says now, as Prometheus reads it."""
    registry = CollectorRegistry()
    if _shared is not None:
        MultiProcessCollector(registry, str(_shared))  # type: ignore[no-untyped-call]
    else:
        registry.register(REQUESTS)
        registry.register(SECONDS)
    registry.register(collector)
    return generate_latest(registry)
