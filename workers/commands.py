"""The background on the command line."""

import click
from flask import current_app

from marketplace.core.task_queue import Queue
from workers.celery_app import celery, listen
from workers.schedule import timetable


@click.command()
@click.option("--concurrency", type=click.IntRange(1, 64), default=2, show_default=True)
@click.option("--queues", default="", help="Comma-separated; all of them by default.")
def worker(concurrency: int, queues: str) -> None:
    """Run a background worker."""
    consumed = queues or ",".join(queue.value for queue in Queue)
    options = ["--quiet", "worker", "--concurrency", str(concurrency), "--queues", consumed, "--loglevel", "INFO"]
    listen()
    celery.worker_main([*options, "--without-gossip", "--without-mingle", "--without-heartbeat"])


@click.command()
def scheduler() -> None:
    """Run the scheduler; a second one does no harm."""
    celery.conf.beat_schedule = timetable()
    schedule = current_app.config["SETTINGS"].data_dir / "beat-schedule"
    celery.start(["--quiet", "beat", "--schedule", str(schedule), "--pidfile", "", "--loglevel", "INFO"])


groups = [worker, scheduler]
