"""What the check of the Korean catalogues finds, and what an extraction keeps."""

from pathlib import Path

import pytest
from babel.support import Translations

from marketplace.core import translations


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two areas with one text each, and no Korean yet."""
    catalogues = tmp_path / "translations/ko/LC_MESSAGES"
    catalogues.mkdir(parents=True)
    for area in ("core", "jobs"):
        (tmp_path / "marketplace" / area).mkdir(parents=True)
        (tmp_path / "marketplace" / area / "__init__.py").touch()
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    monkeypatch.setattr(translations, "CATALOGUES", catalogues)
    monkeypatch.setattr(translations, "COMPILED", catalogues / "messages.mo")
    write(tmp_path, "marketplace/core/errors.py", '_("Save")\n')
    write(tmp_path, "templates/jobs/job.html", '{{ _("Publish %(title)s", title=title) }}{{ _("Save") }}')
    for area in translations.areas():
        translations.update(area)
    return tmp_path


def write(project: Path, name: str, text: str) -> None:
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_text(text)


def translate(area: str, source: str, korean: str) -> None:
    path = translations.CATALOGUES / f"{area}.po"
    path.write_text(path.read_text().replace(f'msgid "{source}"\nmsgstr ""', f'msgid "{source}"\nmsgstr "{korean}"'))


def test_a_text_without_korean_is_found(project: Path) -> None:
    assert translations.problems() == [
        "core: no Korean text for 'Save'",
        "jobs: no Korean text for 'Publish %(title)s'",
        "jobs: no Korean text for 'Save'",
    ]


def test_complete_catalogues_pass_and_are_served(project: Path) -> None:
    translate("core", "Save", "저장")
    translate("jobs", "Publish %(title)s", "%(title)s 공개")
    assert translations.problems() == []
    translations.compile_if_stale()
    served = Translations.load(project / "translations", ["ko"])
    assert served.gettext("Publish %(title)s") == "%(title)s 공개"


def test_other_placeholders_are_found(project: Path) -> None:
    translate("core", "Save", "저장")
    translate("jobs", "Publish %(title)s", "%(name)s 공개")
    (found,) = translations.problems()
    assert "placeholders differ" in found


def test_a_bare_percent_sign_in_a_template_is_found(project: Path) -> None:
    write(project, "templates/jobs/job.html", '{{ _("At 100 % of it") }}')
    assert any("written %%" in found for found in translations.problems())


def test_two_korean_texts_for_one_source_are_found(project: Path) -> None:
    (project / "marketplace/bids").mkdir()
    write(project, "marketplace/bids/__init__.py", '_("Publish %(title)s", title=title)')
    translations.update("bids")
    translate("core", "Save", "저장")
    translate("jobs", "Publish %(title)s", "%(title)s 공개")
    translate("bids", "Publish %(title)s", "%(title)s 게시")
    (found,) = translations.problems()
    assert "elsewhere" in found


def test_extraction_keeps_what_is_translated_and_drops_what_is_gone(project: Path) -> None:
    translate("jobs", "Publish %(title)s", "%(title)s 공개")
    write(project, "templates/jobs/bids.html", '{{ _("Compare") }}')
    texts = {message.id: message.string for message in translations.update("jobs") if message.id}
    assert texts == {"Publish %(title)s": "%(title)s 공개", "Compare": None}
    write(project, "templates/jobs/job.html", "")
    assert {message.id for message in translations.update("jobs") if message.id} == {"Compare"}
