"""The audit trail and the evidence of flags as people read them: in words, with names and numbers."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient

from config.settings import ROOT
from marketplace.accounts.acts import act_words
from marketplace.core.actors import Role
from marketplace.core.i18n import force_locale
from marketplace.core.states import MOVES
from marketplace.ethics.labels import evidence_words
from tests.factories.accounts import make_officer, make_person, sign_in_as
from tests.factories.engagements import make_engagement, make_story


def test_every_recorded_action_has_words() -> None:
    recorded = {
        action
        for path in (ROOT / "marketplace").rglob("*.py")
        for action in re.findall(
            r'(?:record(?:_all)?\([\w.]+, |action = )"([a-z_]+\.[a-z_]+)"', path.read_text("utf-8")
        )
    }
    assert len(recorded) > 80
    assert {action for action in recorded if act_words(action) == action} == set()
    # The lifecycle of a door is another test's own.
    assert {action for action, words in MOVES.items() if not words and not action.startswith("door.")} == set()


def test_the_trail_is_read_and_filtered_in_words(client: FlaskClient) -> None:
    story = make_story()
    engagement = make_engagement(story)
    sign_in_as(client, make_officer(Role.AUDITOR))
    page = client.get("/audit", query_string={"lang": "en", "subject_id": engagement.number}).text
    assert f">{engagement.number}</a>" in page
    assert "Redeemed the voucher for the agreement" in page
    rows = page.split("<tbody>")[1]
    assert str(engagement.id) not in re.sub(r'href="[^"]*"|<code>.*?</code>', "", rows, flags=re.S)
    assert "{}" not in rows
    typed = {"lang": "en", "action": "wrote the agree", "person_id": story.sme.name}
    found = client.get("/audit", query_string=typed).text.split("<tbody>")[1]
    assert set(re.findall(r'<th scope="row">([^<]+)</th>', found)) == {"Wrote the agreement"}


@pytest.mark.usefixtures("database")
def test_evidence_is_told_in_words_names_and_moments() -> None:
    inputs: dict[str, Any] = {
        "act": "application.start",
        "at": "2026-11-30T01:00+00:00",
        "value": "ab12cd34ef56",
        "side": "provider",
    }
    flag: Any = SimpleNamespace(finding="same_device", inputs=inputs)
    with force_locale("en"):
        told = [value for _label, value in evidence_words(flag)]
        assert told[:2] == ["Began an application", "30 November 2026, 10:00"]
        assert told[2].startswith("the same on both sides")
        assert told[3] == "Consulting firm"
        person = make_person("Kim Jiyoon")
        flag = SimpleNamespace(finding="same_person", inputs={"act": "claim", "value": str(person.id)})
        assert [value for _label, value in evidence_words(flag)] == ["Approval of the claim", "Kim Jiyoon"]
