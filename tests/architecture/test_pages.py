"""Routes, templates, texts and tasks belong together, and reading changes nothing."""

import re
from pathlib import Path

from flask import Flask

from marketplace.core import auth, translations
from marketplace.core.tasks import Task
from tests.architecture.source import ROOT
from workers import celery_app

TEMPLATES = ROOT / "templates"
SHARED = ("layouts", "components", "errors", "emails")


def page_templates() -> list[Path]:
    return [
        path.relative_to(TEMPLATES)
        for path in sorted(TEMPLATES.rglob("*.html"))
        if path.relative_to(TEMPLATES).parts[0] not in SHARED
    ]


def test_every_route_declares_who_may_see_it(app: Flask) -> None:
    assert not [rule.endpoint for rule in app.url_map.iter_rules() if auth.access_of(app, rule.endpoint) is None]


def test_every_template_compiles(app: Flask) -> None:
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)


def test_every_page_template_has_its_view(app: Flask) -> None:
    pages = [path for path in page_templates() if not path.name.startswith("_")]
    missing = [str(path) for path in pages if f"{path.parts[0]}.{path.stem}" not in app.view_functions]
    assert not missing


def test_every_rendered_template_exists() -> None:
    named = {
        name
        for path in (ROOT / "marketplace").rglob("*.py")
        for name in re.findall(r'(?:page|render_template)\(\s*"([^"]+)"', path.read_text())
    }
    assert not [name for name in sorted(named) if "{" not in name and not (TEMPLATES / name).exists()]


def test_every_mail_is_there_in_both_languages() -> None:
    mails = {
        path.relative_to(TEMPLATES).as_posix().rsplit(".", 2)[0] for path in (TEMPLATES / "emails").glob("*/*.txt")
    }
    for mail in mails:
        for locale in ("ko", "en"):
            assert (TEMPLATES / f"{mail}.{locale}.txt").read_text().startswith("Subject: "), f"{mail}.{locale}"


def test_no_style_or_script_inside_pages() -> None:
    """The content security policy forbids them, so they would silently do nothing."""
    forbidden = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", re.IGNORECASE)
    found = [
        f"{path.relative_to(TEMPLATES)}: {match[0].strip()}"
        for path in sorted(TEMPLATES.rglob("*.html"))
        for match in forbidden.finditer(path.read_text())
    ]
    assert not found


def test_every_text_is_there_in_both_languages() -> None:
    assert not translations.problems()


def test_every_task_has_a_handler(app: Flask) -> None:
    assert set(celery_app.handlers) == set(Task)
