"""The log: JSON lines that hold no values of variables (ASVS 5.0: 16.2.5, 16.4.1)."""

import json

import pytest
import structlog
from flask import Flask


def test_a_traceback_shows_no_values(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    sealed_price = 123_454_321
    try:
        raise ValueError(f"{sealed_price - sealed_price}")
    except ValueError:
        structlog.get_logger().exception("failed\nforged line", task="x")
    (line,) = capsys.readouterr().out.splitlines()
    entry = json.loads(line)
    assert entry["event"] == "failed\nforged line"
    assert "test_log.py" in entry["exception"]
    assert str(sealed_price) not in line
