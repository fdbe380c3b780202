"""Settings: safe by default, and told in sentences when they are wrong."""

from pathlib import Path

import pytest

from config.settings import LONGEST_SOCKET_FOLDER, Settings, SettingsError, socket_folder

PRODUCTION = {
    "PRODUCTION": "1",
    "DATABASE_URL": "postgresql://app:secret@db/marketplace",
    "REDIS_URL": "rediss://valkey:6379/0",
    "SECRET_KEY": "x" * 32,
    "SEALING_KEY": "y" * 32,
    "BASE_URL": "https://vouchers.example.org/",
}


def test_one_machine_needs_no_settings(tmp_path: Path) -> None:
    settings = Settings.from_environment({"DATA_DIR": str(tmp_path)})
    assert settings.demo
    assert settings.clock_may_move
    assert settings.own_database
    assert settings.own_redis
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.database_url.startswith("postgresql+psycopg://app@/")
    assert settings.owner_database_url.startswith("postgresql+psycopg://owner@/")
    assert settings.session_cookie_name == "session"


def test_the_made_secret_key_stays_and_is_the_owners_alone(tmp_path: Path) -> None:
    first, second = (Settings.from_environment({"DATA_DIR": str(tmp_path)}).secret_key for _ in range(2))
    assert first == second
    assert len(first) == 64
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_production_starts_with_everything_given(tmp_path: Path) -> None:
    settings = Settings.from_environment(PRODUCTION | {"DATA_DIR": str(tmp_path)})
    assert settings.session_cookie_name == "__Host-session"
    assert settings.session_cookie_secure
    assert not settings.demo
    assert not settings.clock_may_move
    assert settings.base_url == "https://vouchers.example.org"
    assert not list(tmp_path.iterdir())


def test_demo_people_come_into_the_embedded_database_alone(tmp_path: Path) -> None:
    """`make run` on a real database makes none of them, and nobody can ask for them."""
    real = {"DATA_DIR": str(tmp_path), "DATABASE_URL": "postgresql://app@db/marketplace"}
    assert not Settings.from_environment(real).demo
    with pytest.raises(SettingsError, match="DEMO"):
        Settings.from_environment(real | {"DEMO": "1"})


def test_several_secret_keys_are_told_apart(tmp_path: Path) -> None:
    settings = Settings.from_environment({"DATA_DIR": str(tmp_path), "SECRET_KEY": "new, old,"})
    assert settings.secret_keys == ["new", "old"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"PORT": "80a"},
        {"PORT": "٨٠"},
        {"PORT": "-1"},
        {"DEMO": "perhaps"},
        {"PRODUCTION": "perhaps"},
        {"DATABASE_URL": "mysql://db/x"},
    ],
)
def test_nonsense_is_refused_with_a_sentence(tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=rf"^{next(iter(wrong))} must be(gin)? .*\.$"):
        Settings.from_environment({"DATA_DIR": str(tmp_path)} | wrong)


def test_the_environment_is_read_and_an_empty_variable_counts_as_not_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PORT", "9000")
    monkeypatch.setenv("DEMO", "")
    settings = Settings.from_environment()
    assert settings.data_dir == tmp_path
    assert settings.base_url == "http://127.0.0.1:9000"
    assert settings.demo


def test_what_is_given_is_read_without_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9000")
    assert Settings.from_environment({"DATA_DIR": str(tmp_path)}).port == 8000
    assert Settings.from_environment({"PORT": ""}).port == 8000


def test_settings_stay_as_they_were_read(tmp_path: Path) -> None:
    settings = Settings.from_environment({"DATA_DIR": str(tmp_path)})
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 9000  # type: ignore[misc]


def test_secrets_are_not_printed(tmp_path: Path) -> None:
    shown = repr(Settings.from_environment(PRODUCTION | {"DATA_DIR": str(tmp_path)}))
    assert "secret@" not in shown
    assert "x" * 32 not in shown


def test_a_long_folder_gets_short_sockets() -> None:
    assert socket_folder(Path("/srv/var")) == Path("/srv/var/run")
    deep = socket_folder(Path("/srv") / ("x" * 200))
    assert len(str(deep)) <= LONGEST_SOCKET_FOLDER
    assert deep == socket_folder(Path("/srv") / ("x" * 200))
