"""A real Prometheus reads a real web server; its rules call when they should, and name what is there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from config.local.process import spawn
from config.settings import ROOT, Settings
from tests.embedded_server import wait_until
from tests.installation import free_port
from tests.web_server import WebServer, web_server

pytestmark = pytest.mark.operations

MONITORING = ROOT / "config" / "monitoring"
TOKEN = "a-token-for-prometheus"
Ask = Callable[[str], list[dict[str, Any]]]


def promtool(*words: str) -> None:
    subprocess.run(["promtool", *words], check=True, cwd=MONITORING)


def test_the_rules_can_be_read_and_speak_when_they_should() -> None:
    promtool("check", "rules", "alerts.yml")
    promtool("check", "config", "--syntax-only", "prometheus.yml")
    promtool("test", "rules", "alerts_test.yml")


@pytest.fixture(scope="module")
def site(settings: Settings) -> Iterator[WebServer]:
    with web_server(settings, processes=2, METRICS_TOKEN=TOKEN) as made:
        yield made


@pytest.fixture(scope="module")
def ask(site: WebServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Puts a question to a Prometheus that reads the site by the file that we ship."""
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    shutil.copy(MONITORING / "alerts.yml", folder)
    (folder / "metrics_token").write_text(TOKEN)
    told = (MONITORING / "prometheus.yml").read_text()
    for shipped, here in {
        "https": "http",
        "vouchers.example.org": f"127.0.0.1:{site.port}",
        "_interval: 30s": "_interval: 1s",
        "_timeout: 10s": "_timeout: 1s",
    }.items():
        assert shipped in told
        told = told.replace(shipped, here)
    (folder / "prometheus.yml").write_text(told)
    command = [
        "prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip
    process = spawn(command, log=folder / "prometheus.log")

    def question(words: str) -> list[dict[str, Any]]:
        with urlopen(f"http://127.0.0.1:{port}/api/v1/query?query={quote(words)}", timeout=10) as answer:
            return list(json.load(answer)["data"]["result"])

    def is_read() -> bool:
        with suppress(OSError):
            return [result["value"][1] for result in question("up")] == ["1"]
        return False

    wait_until(is_read, seconds=60)
    yield question
    process.terminate()
    process.wait(30)


def test_answers_of_all_processes_are_added_up(site: WebServer, ask: Ask) -> None:
    for _visit in range(20):
        site.get("/healthz")
    counted = 'sum(marketplace_requests_total{route="/healthz",status="200"})'
    wait_until(lambda: [result["value"][1] for result in ask(counted)] == ["20"])


def test_what_rules_and_board_name_is_told(site: WebServer, ask: Ask) -> None:
    site.get("/account/sign-in")
    time.sleep(2)
    known = {result["metric"]["__name__"] for result in ask('{job="marketplace"}')}
    for file in ("alerts.yml", "grafana.json"):
        named = set(re.findall(r"marketplace_[a-z_]+", (MONITORING / file).read_text()))
        assert named
        assert named <= known, file


def test_each_panel_asks_what_prometheus_understands(ask: Ask) -> None:
    for panel in json.loads((MONITORING / "grafana.json").read_text())["panels"]:
        for target in panel["targets"]:
            ask(target["expr"])  # a wrong one is answered by 400
