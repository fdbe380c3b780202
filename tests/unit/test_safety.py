"""What production refuses by its settings alone, each with a sentence that says how to mend it. ASVS 13.2.3, 13.3.1."""

import secrets
from pathlib import Path

import pytest

from config.settings import Settings, SettingsError
from marketplace.core import safety
from tests.unit.test_settings import PRODUCTION

ASKS_DATABASE = {safety.database_role}
GIVEN = PRODUCTION | {
    "OWNER_DATABASE_URL": "postgresql://owner:secret@db/marketplace",
    "SECRET_KEY": secrets.token_hex(32),
    "SMTP_URL": "smtp://mail.internal:587",
    "PROXY_HOPS": "1",
}


@pytest.fixture(autouse=True)
def _settings_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safety, "CHECKS", [check for check in safety.CHECKS if check not in ASKS_DATABASE])


def problems(folder: Path, **given: str) -> list[str]:
    settings = Settings.from_environment(GIVEN | {"DATA_DIR": str(folder)} | given)
    return [problem for _line, problem in safety.findings(settings) if problem]


def test_nothing_is_wrong_with_everything_given(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    assert problems(tmp_path) == []
    assert problems(tmp_path, SECRET_KEY=f"{secrets.token_urlsafe(32)},{secrets.token_hex(16)}") == []
    assert problems(tmp_path, SMTP_URL="smtps://user:password@mail.internal") == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PRODUCTION", ""),
        ("BASE_URL", "http://vouchers.example.org"),
        ("BASE_URL", ""),
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 64),
        ("SECRET_KEY", "0123456789abcdef" * 4),
        ("SECRET_KEY", "abcdefghijklmnopqrstuvwxyz0123456789"),
        ("SECRET_KEY", "xY9!kLm2Qp" * 4),
        ("SECRET_KEY", "the-Secret-of-our-wonderful-programme-2026"),
        ("SECRET_KEY", f"{secrets.token_hex(32)},{'b' * 64}"),
        ("DATABASE_URL", ""),
        ("OWNER_DATABASE_URL", PRODUCTION["DATABASE_URL"]),
        ("REDIS_URL", ""),
        ("DEMO", "1"),
        ("TESTING", "1"),
        ("PROXY_HOPS", ""),
        ("PROXY_HOPS", "0"),
        ("SMTP_URL", ""),
        ("SMTP_URL", "mail.internal:587"),
    ],
)
def test_each_thing_that_is_not_safe_is_named(tmp_path: Path, name: str, value: str) -> None:
    tmp_path.chmod(0o700)
    (problem,) = problems(tmp_path, **{name: value})
    assert name in problem
    assert problem.endswith(".")


def test_the_start_refuses_what_the_list_names(tmp_path: Path) -> None:
    settings = Settings.from_environment(GIVEN | {"DATA_DIR": str(tmp_path), "TESTING": "1"})
    with pytest.raises(SettingsError, match="TESTING"):
        safety.refuse(settings)
    safety.refuse(settings.model_copy(update={"production": False}))


def test_a_folder_that_everybody_may_enter_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (problem,) = problems(tmp_path)
    assert f"chmod o-rwx {tmp_path}" in problem


def test_the_key_of_a_demonstration_is_refused(tmp_path: Path) -> None:
    made = Settings.from_environment({"DATA_DIR": str(tmp_path)}).secret_key
    tmp_path.chmod(0o700)
    (problem,) = problems(tmp_path, SECRET_KEY=made)
    assert "demonstration" in problem
