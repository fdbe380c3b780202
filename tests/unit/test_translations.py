"""What the check of the Korean catalogue finds, and what is served of it."""

import os
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.support import Translations

from marketplace.core import translations
from tests.catalogue import extract, problems

PUBLISH = "Publish %(title)s"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The texts of a project of one module and one page."""
    project = tmp_path_factory.mktemp("project")
    for name, text in {
        "marketplace/core/errors.py": '_("Save")\nngettext("%(count)s day", "%(count)s days", count)\n',
        "templates/jobs/job.html": '{{ _("Publish %(title)s", title=title) }}{{ _("Save") }}',
    }.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    return extract(project, project / "messages.pot")


def catalogue(**changes: str) -> Catalog:
    korean = Catalog(locale="ko")
    korean.add("Save", changes.get("save", "저장"), flags=changes.get("flags", "").split())
    korean.add(PUBLISH, changes.get("publish", "%(title)s 공개"))
    korean.add(("%(count)s day", "%(count)s days"), ("%(count)s일",))
    return korean


def test_a_complete_catalogue_passes(template: Catalog) -> None:
    assert list(problems(catalogue(), template)) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"save": ""}, "no Korean that was looked at for 'Save'"),
        ({"flags": "fuzzy"}, "no Korean that was looked at for 'Save'"),
        ({"publish": "%(name)s 공개"}, f"placeholders differ: '{PUBLISH}' and '%(name)s 공개'"),
    ],
)
def test_what_a_reader_would_stumble_over_is_found(template: Catalog, changes: dict[str, str], problem: str) -> None:
    assert list(problems(catalogue(**changes), template)) == [problem]


def test_missing_and_superfluous_texts_are_found(template: Catalog) -> None:
    korean = catalogue()
    korean.delete("Save")
    korean.add("Keep", "보관")
    assert list(problems(korean, template)) == [
        "no Korean that was looked at for 'Save'",
        "no source has 'Keep' any more",
    ]


def test_a_bare_percent_sign_is_found_in_a_template_alone() -> None:
    template, korean = Catalog(), Catalog(locale="ko")
    for source, file in (("At 100 % of it", "templates/jobs/job.html"), ("50 %", "marketplace/jobs/forms.py")):
        template.add(source, locations=[(file, 1)])
        korean.add(source, source)
    assert list(problems(korean, template)) == ["in templates a percent sign is written %%: 'At 100 % of it'"]


def test_what_was_looked_at_is_served_and_compiled_anew_when_it_changes(tmp_path: Path) -> None:
    folder = tmp_path / "ko" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    path = folder / "messages.po"
    path.write_text('msgid "Save"\nmsgstr "저장"\n\n#, fuzzy\nmsgid "Keep"\nmsgstr "저장"\n')
    translations.compile_if_stale(path)
    served = Translations.load(tmp_path, ["ko"])
    assert (served.gettext("Save"), served.gettext("Keep")) == ("저장", "Keep")
    compiled = path.with_suffix(".mo").stat()
    translations.compile_if_stale(path)
    assert path.with_suffix(".mo").stat().st_ino == compiled.st_ino
    path.write_text('msgid "Save"\nmsgstr "보관"\n')
    os.utime(path, ns=(compiled.st_mtime_ns + 1, compiled.st_mtime_ns + 1))
    translations.compile_if_stale(path)
    assert Translations.load(tmp_path, ["ko"]).gettext("Save") == "보관"
