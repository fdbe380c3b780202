"""The smallest page that Flask can serve: what every page of the product is held against."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, request

if TYPE_CHECKING:
    from config.settings import Settings


def create_app() -> Flask:
    """An application of one page that says hello, and takes whatever is sent to it."""
    app = Flask(__name__)

    @app.get("/")
    def hello() -> str:
        return "<p>Hello, World!</p>"

    @app.post("/")
    def take() -> str:
        return str(len(request.get_data()))

    return app


app = create_app()


def command(settings: Settings) -> list[str | Path]:
    """It under the product's web server, with these settings."""
    numbers = (settings.port, settings.web_processes, settings.web_threads)
    return [sys.executable, "-m", "tests.bench.hello", *map(str, numbers)]


if __name__ == "__main__":
    # Here, so that other servers can take the application from an environment without the product's libraries.
    from marketplace.core import server

    port, processes, threads = map(int, sys.argv[1:])
    server.serve(app, host="127.0.0.1", port=port, processes=processes, threads=threads, largest_body=1 << 20)
