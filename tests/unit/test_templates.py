"""What templates write out is escaped, whatever it is."""

import html

import pytest
from flask import Flask
from markupsafe import Markup, escape

from marketplace.core import templates
from marketplace.core.i18n import _
from marketplace.core.templates import written

HOSTILE = """<script>alert("it's & more")</script>"""


class Shouting(str):
    """A text that isn't just a str."""


@pytest.mark.parametrize("value", [HOSTILE, Shouting(HOSTILE), [HOSTILE], _("Save"), Markup("<b>bold</b>"), 5, None])
def test_what_is_written_is_what_markupsafe_escapes(value: object) -> None:
    assert html.unescape(written(value)) == html.unescape(escape(value))
    assert isinstance(value, Markup) or not set("<>\"'") & set(written(value))


def test_templates_write_by_it() -> None:
    app = Flask("x")
    environment = templates.Environment(app, autoescape=True)
    page = environment.from_string("{{ one }}{% set two %}{{ one }}{% endset %}{{ two }}")
    assert page.render(one=HOSTILE) == html.escape(HOSTILE) * 2
    assert page.root_render_func.__globals__["escape"] is written
