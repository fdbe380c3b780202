"""The restore drill of the runbook works."""

from pathlib import Path

import pytest

from tests.faults.restore_drill import drill


@pytest.mark.slow
def test_a_lost_database_comes_back_to_a_point_in_time(tmp_path_factory) -> None:
    told: list[str] = []
    drill(Path(tmp_path_factory.mktemp("drill")), told.append)
    assert told[-1].endswith("no fault")
