"""What is kept ready or left out to make pages fast changes nothing that anybody sees."""

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient

from marketplace.core import i18n
from marketplace.core.templates import Environment

NASTY = "<b>&\"' 100 %"


@pytest.mark.parametrize("locale", i18n.LOCALES)
@pytest.mark.parametrize(
    "source",
    [
        '{{ _("Next page") }}',
        '{{ _("Agreement %(number)s", number=nasty) }}',
        '{% set words = _("Next page") %}{{ words ~ nasty }}{{ words|length }}',
        "{% trans amount=nasty %}vouchers of {{ amount }}{% endtrans %}",
        '{{ ngettext("%(num)s evaluation", "%(num)s evaluations", 3) }}',
        '{% set source = "Next page" %}{{ _(source) }}{{ gettext("no text of ours, 5 %%") }}',
    ],
)
def test_words_put_in_beforehand_are_those_looked_up_on_the_way(app: Flask, locale: str, source: str) -> None:
    environment = app.jinja_env
    assert isinstance(environment, Environment)
    with app.test_request_context(), i18n.force_locale(locale):
        beforehand = environment.of_locale[locale].from_string(source).render(nasty=NASTY)
        assert beforehand == environment.from_string(source).render(nasty=NASTY)
    assert "<b>" not in beforehand


def test_a_compiled_page_speaks_its_own_language(app: Flask) -> None:
    environment = app.jinja_env
    assert isinstance(environment, Environment)
    pages = {locale: environment.of_locale[locale].from_string('{{ _("Next page") }}') for locale in i18n.LOCALES}
    with app.test_request_context():
        assert {locale: page.render() for locale, page in pages.items()} == {"ko": "다음 쪽", "en": "Next page"}


def test_a_request_chooses_its_language_whatever_was_set_around_it(client: FlaskClient) -> None:
    with i18n.force_locale("ko"):
        assert '<html lang="en">' in client.get("/how-it-works?lang=en").text
        assert i18n.locale() == "ko"


def test_an_address_kept_for_one_root_or_kind_is_not_given_to_another(app: Flask) -> None:
    addresses = []
    for root in ("", "/agency"):
        with app.test_request_context(base_url=f"http://localhost{root}/"):
            addresses += [url_for("reports.home"), url_for("providers.directory", after=1)]
            addresses += [url_for("providers.directory", after=True), url_for("providers.directory", after=[1, 2])]
    plain = ["/", "/providers?after=1", "/providers?after=True", "/providers?after=1&after=2"]
    assert addresses == plain + [f"/agency{address}" for address in plain]
