"""What the service writes to its log: one JSON line per event, with ids, never with values of variables or of links."""

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars
from structlog.stdlib import ProcessorFormatter

HIDDEN = "…"
RUN = re.compile(r"[A-Za-z0-9_-]{16,}")
"""So long a run of these signs may be what a link is believed by."""
KNOWN = re.compile(r"[a-z-]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Words of our own addresses, and ids, which open nothing by themselves."""
RANDOM = re.compile(r"(?=[A-Za-z_-]*[0-9])(?=[a-z0-9_-]*[A-Z])(?=[A-Z0-9_-]*[a-z])[A-Za-z0-9_-]{20,}")
"""What looks like a secret wherever it stands. Names of functions and files, which tracebacks need, don't."""
LONGEST_PATH = 300
QUIET = ("celery.app.trace", "celery.worker.strategy", "celery.beat", "alembic")
"""Libraries that report every step."""

Entry = MutableMapping[str, Any]


def configure() -> None:
    """Tracebacks name files and lines alone: a local variable could be a sealed price or a person's name."""
    structlog.configure(processors=[*_known(), *_written()])


def take_over() -> None:
    """Let what libraries report go the same way. For servers: a command prints what it was asked for alone."""
    handler = _Output()
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[*_known(), structlog.stdlib.add_logger_name],
            processors=[ProcessorFormatter.remove_processors_meta, *_written()],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def begin(request_id: str, **facts: str | None) -> None:
    """From now on every line of this thread belongs to this request; work that it asks for will belong to it too."""
    clear_contextvars()
    bind_contextvars(request_id=request_id, **facts)


def end() -> None:
    """The next line belongs to no request."""
    clear_contextvars()


def request_id() -> str | None:
    """The request to which this thread's lines belong."""
    return get_contextvars().get("request_id")


def denied(what: str, **facts: object) -> None:
    """Write down that somebody was refused; from where and in which request every line says (ASVS 16.3.1, 16.3.2)."""
    structlog.get_logger().warning("denied", what=what, **{name: str(fact) for name, fact in facts.items()})


def shown(path: str) -> str:
    """An address without what follows its question mark, and without what may be the secret of a link."""
    path = path.partition("?")[0][:LONGEST_PATH]
    if path.startswith("/static/"):
        return path
    return RUN.sub(lambda run: run[0] if KNOWN.fullmatch(run[0]) else HIDDEN, path)


def _known() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _written() -> list[Any]:
    return [
        structlog.processors.format_exc_info,
        _hide_secrets,
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
    ]


def _hide_secrets(logger: object, method: str, entry: Entry) -> Entry:
    for name, value in entry.items():
        if isinstance(value, str):
            entry[name] = shown(value) if name == "path" else RANDOM.sub(_hidden, value)
    return entry


def _hidden(run: re.Match[str]) -> str:
    return run[0] if KNOWN.fullmatch(run[0]) else HIDDEN


class _Output(logging.Handler):
    """Standard output, whatever that is when a line is written."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), flush=True)
