"""Matching over the real register: who is offered for a job, who is left out, and that every reason has words."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, scoped_session

from marketplace.core.actors import Role
from marketplace.core.i18n import force_locale
from marketplace.jobs.models import Job
from marketplace.matching import queries
from marketplace.matching.ranking import Reason
from marketplace.matching.views import words_for
from marketplace.providers import queries as provider_queries
from marketplace.providers import service as providers
from tests.conftest import MovableClock
from tests.factories.accounts import make_officer, make_sme, sign_in_as
from tests.factories.jobs import make_published_job
from tests.factories.providers import make_applicant, make_ready_provider, make_registered_provider

Database = scoped_session[Session]


def left_out(job: Job) -> dict[str, str]:
    return {row.provider.name: row.reason.code for row in queries.rank_for(job).excluded}


def test_the_register_is_ranked_and_each_one_left_out_has_its_reason(database: Database, clock: MovableClock) -> None:
    old = make_ready_provider("Dormant")
    clock.advance(days=3 * 365 + 2)
    sme = make_sme()
    assert sme.organisation_id
    job = make_published_job(sme)
    make_applicant("Applicant")
    make_registered_provider("No Consultant")
    make_ready_provider("Other Service", service_lines=["hrd"])
    make_ready_provider("Other Language", languages=["en"])
    full, barred, suspended = (make_ready_provider(name) for name in ("Full", "Barred", "Suspended"))
    best, far = make_ready_provider("Best"), make_ready_provider("Far", regions=["jeju"])
    for manager in (old, full, barred, suspended, best, far):
        assert manager.organisation_id
    provider_queries.get_provider(full.organisation_id).load = 5
    providers.record_conflict(barred.organisation_id, sme.organisation_id, "The same owner.")  # type: ignore[arg-type]
    officer = make_officer(Role.ETHICS_OFFICER)
    providers.suspend_provider(suspended.organisation_id, actor=officer, reason="A finding.")  # type: ignore[arg-type]
    ranking = queries.rank_for(job)
    assert [row.provider.name for row in ranking.candidates] == ["Best", "Far"]
    assert left_out(job) == {
        "Dormant": "dormant",
        "No Consultant": "no_ready_consultant",
        "Other Service": "service_line",
        "Other Language": "language",
        "Full": "full",
        "Barred": "conflict",
        "Suspended": "suspended",
    }


@pytest.mark.parametrize(
    ("code", "holds"),
    [(code, True) for code in ("service_line", "region", "sector", "grade", "room")]
    + [(code, False) for code in ("service_line", "region", "sector", "ungraded", "language", "full")]
    + [(code, False) for code in ("no_ready_consultant", "suspended", "dormant", "conflict")],
)
def test_every_reason_has_words_in_both_languages(database: Database, code: str, holds: bool) -> None:
    said = set()
    for language in ("ko", "en"):
        with force_locale(language):
            said.add(str(words_for(Reason(code, holds=holds, value="marketing"))))
    assert len(said) == 2


def test_only_the_company_sees_the_matches_of_its_job(client: FlaskClient, database: Database) -> None:
    sme, stranger = make_sme(), make_sme()
    job_id = make_published_job(sme).id
    assert sign_in_as(client, sme).get(f"/jobs/{job_id}/providers").status_code == 200
    assert sign_in_as(client, stranger).get(f"/jobs/{job_id}/providers").status_code == 404
