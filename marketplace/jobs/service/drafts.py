"""From the self-diagnosis to a job that is ready to be published."""

from collections.abc import Mapping
from dataclasses import asdict
from uuid import UUID

from config.jobs import terms
from marketplace.accounts import queries as accounts
from marketplace.core import clock, db
from marketplace.core.actors import SME, Actor
from marketplace.core.audit import record
from marketplace.core.errors import Forbidden, Invalid
from marketplace.core.i18n import _
from marketplace.jobs import diagnosis, queries, rules
from marketplace.jobs.models import Diagnosis, Job, JobText
from marketplace.jobs.states import JOB


def answer_diagnosis(*, actor: Actor, answers: Mapping[str, int]) -> Diagnosis:
    """Keep a company's answers with the scores they give."""
    organisation_id, person_id = _own_company(actor)
    questionnaire = diagnosis.EDITIONS.on(clock.today())
    try:
        scores = diagnosis.score(questionnaire, answers)
    except ValueError:
        raise Invalid(_("Answer every statement.")) from None
    row = Diagnosis(
        organisation_id=organisation_id,
        version=questionnaire.version,
        answers=dict(answers),
        scores=scores,
        answered_by=person_id,
        created_at=clock.now(),
    )
    db.session.add(row)
    db.flush()
    record(actor, "diagnosis.answer", row, after={"scores": scores})
    return row


def draft_from_diagnosis(diagnosis_id: UUID, *, actor: Actor, language: str, service_line: str | None = None) -> Job:
    """Draft the job that the answers ask for (or for the named service line), in one language."""
    row = queries.get_diagnosis(diagnosis_id, actor=actor)
    questionnaire = next(edition for edition in diagnosis.EDITIONS.all if edition.version == row.version)
    drafted = diagnosis.draft(questionnaire, row.answers, service_line=service_line)
    organisation = accounts.get_organisation(row.organisation_id)
    text = JobText(
        service_line=drafted.service_line,
        title=drafted.title[language],
        goal=drafted.goal[language],
        situation=drafted.situation[language],
        expected_results=drafted.expected_results[language],
        region=organisation.region or "",
        sector=organisation.sector or "",
        language=language,
    )
    return draft_job(actor=actor, text=text, diagnosis_id=diagnosis_id)


def draft_job(*, actor: Actor, text: JobText, diagnosis_id: UUID | None = None) -> Job:
    """Begin a job with the usual criteria; nobody outside the company sees it yet."""
    organisation_id, person_id = _own_company(actor)
    job = Job(
        number=db.next_number("JOB"),
        organisation_id=organisation_id,
        diagnosis_id=diagnosis_id,
        criteria=rules.check_criteria(terms(clock.today()).usual_weights),
        created_by=person_id,
        created_at=clock.now(),
        status=JOB.initial,
        **asdict(text),
    )
    db.session.add(job)
    db.flush()
    record(actor, "job.draft", job, after={"number": job.number})
    return job


def edit_job(job_id: UUID, *, actor: Actor, text: JobText, weights: Mapping[str, int]) -> Job:
    """Change a draft: its text and the weights of its criteria."""
    job = queries.get_job(job_id, actor=actor, lock=True)
    rules.check_prepares(actor, job)
    rules.check_draft(job)
    job.criteria = rules.check_criteria(weights)
    for name, value in asdict(text).items():
        setattr(job, name, value)
    record(actor, "job.edit", job)
    return job


def _own_company(actor: Actor) -> tuple[UUID, UUID]:
    if actor.role not in SME or actor.organisation_id is None or actor.person_id is None:
        raise Forbidden()
    return actor.organisation_id, actor.person_id
