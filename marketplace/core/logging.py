"""What the service writes to its log: one JSON line per event, with ids, never with the values of variables."""

import structlog


def configure() -> None:
    """Tracebacks name files and lines alone: a local variable could be a sealed price or a person's name."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    )
