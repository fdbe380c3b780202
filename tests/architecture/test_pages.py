"""Routes, templates, texts and tasks belong together, and reading changes nothing."""

import re
from pathlib import Path

from flask import Flask
from jinja2 import meta

from marketplace.core import auth
from tests.architecture.source import ROOT

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


def named_by_views() -> set[str]:
    """Templates that the code names."""
    sources = (path.read_text() for path in (ROOT / "marketplace").rglob("*.py"))
    return {name for source in sources for name in re.findall(r'"(\w+/\w+\.html)"', source)}


def test_every_page_template_is_shown_by_a_view_or_part_of_another(app: Flask) -> None:
    used = named_by_views() | {f"{endpoint.replace('.', '/')}.html" for endpoint in app.view_functions}
    for path in TEMPLATES.rglob("*.html"):
        used |= {name or "" for name in meta.find_referenced_templates(app.jinja_env.parse(path.read_text()))}
    assert not [path for path in page_templates() if path.as_posix() not in used]


def test_every_template_that_the_code_names_exists() -> None:
    assert not [name for name in sorted(named_by_views()) if not (TEMPLATES / name).exists()]


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
    offenders = [
        f"{path.relative_to(TEMPLATES)}: {match[0].strip()}"
        for path in sorted(TEMPLATES.rglob("*.html"))
        for match in forbidden.finditer(path.read_text())
    ]
    assert not offenders
