"""Templates: compiled once for each language, with the words of that language already in them."""

import html
from functools import cached_property
from typing import Any

from flask import Flask
from flask.templating import Environment as FlaskEnvironment
from jinja2 import StrictUndefined, Template, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from marketplace.core import i18n

WORDS = ("_", "gettext")


class Environment(FlaskEnvironment):
    """Jinja's environment; the one of a language puts its words into a template when it compiles it."""

    locale: str | None = None

    @cached_property
    def of_locale(self) -> dict[str, "Environment"]:
        """The environment of each language: the same settings, filters and globals, templates of its own."""
        made = {locale: self.overlay() for locale in i18n.LOCALES}
        for locale, environment in made.items():
            environment.locale = locale
        return made

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
        """Jinja's hook between reading a template and writing its code."""
        if self.locale is not None:
            _Translator(self.locale).visit(source)
        # Written code takes its names from its own module, where the last import counts.
        return f"{super()._generate(source, *args, **kwargs)}\nfrom {__name__} import written as escape\n"


def written(value: Any) -> str:
    """What is written into a page, escaped: MarkupSafe's escape(), but for texts without a Markup around each.

    A page writes hundreds of pieces, and joins them at once; making a Markup of each was a fifth of a list's time.
    """
    if type(value) is str:
        return html.escape(value)
    return value if type(value) is Markup else escape(value)


class _Translator(NodeTransformer):
    """Replaces `_("words", name=value)` by the translated words, with the values put in by `%` as at run time."""

    def __init__(self, locale: str) -> None:
        self.catalogue = i18n.catalogue(locale)

    def visit_Call(self, call: nodes.Call) -> nodes.Node:  # noqa: N802  the visitor finds it by the name of the node
        """A call for a fixed text becomes the text; any other call stays."""
        self.generic_visit(call)
        if not (isinstance(call.node, nodes.Name) and call.node.name in WORDS and len(call.args) == 1):
            return call
        source = call.args[0]
        if not isinstance(source, nodes.Const) or call.dyn_args or call.dyn_kwargs:
            return call
        words = self.catalogue.gettext(source.value)
        if not call.kwargs:
            return nodes.TemplateData(words % {}, lineno=call.lineno)
        values = [nodes.Pair(nodes.Const(given.key), given.value) for given in call.kwargs]
        return nodes.Mod(nodes.TemplateData(words), nodes.Dict(values), lineno=call.lineno)


def configure(app: Flask) -> None:
    """Make templates strict, keep them all, and let them call for texts."""
    # The usual cache is bounded, and at every inclusion it searches a queue of hundreds.
    app.jinja_options = {"cache_size": -1}
    environment = app.jinja_env
    environment.undefined = StrictUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    install = environment.install_gettext_callables  # type: ignore[attr-defined]
    # Jinja puts the values in itself.
    install(i18n.gettext, lambda *words: i18n.catalogue(i18n.locale()).ngettext(*words), newstyle=True)


def find(app: Flask, name: str) -> Template:
    """The template in the reader's language."""
    environment = app.jinja_env
    assert isinstance(environment, Environment)
    return environment.of_locale[i18n.locale()].get_template(name)
