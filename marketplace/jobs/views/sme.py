"""The company's pages: self-diagnosis, draft, publication, questions, withdrawal; and the job's own page."""

from datetime import timedelta
from uuid import UUID

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue

from config import lists
from config.jobs import terms
from marketplace.accounts import queries as accounts
from marketplace.core import clock
from marketplace.core.actors import PROVIDER, SME, Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.forms import ReasonForm
from marketplace.core.i18n import _, locale, localized
from marketplace.core.web import done, page
from marketplace.jobs import diagnosis, queries, rules, service
from marketplace.jobs.forms import (
    TEXT_FIELDS,
    AnswerForm,
    JobForm,
    QuestionForm,
    ServiceForm,
    diagnosis_form,
    publish_form,
)
from marketplace.jobs.models import Job
from marketplace.jobs.states import JOB, JobStatus
from marketplace.jobs.views.blueprint import TONES, blueprint, job_words, word
from marketplace.jobs.views.lists import READERS


@blueprint.get("/jobs/new")
@requires(*SME)
def new_job() -> ResponseReturnValue:
    """Two ways to a job: by the self-diagnosis, or written by oneself."""
    return page("jobs/new_job.html")


@blueprint.route("/jobs/diagnosis", methods=["GET", "POST"])
@requires(*SME)
def diagnose() -> ResponseReturnValue:
    """Fifteen statements about the company."""
    form = diagnosis_form()
    questionnaire = diagnosis.EDITIONS.on(clock.today())
    if form.validate_on_submit():
        with form.errors_to_fields():
            answers = {question.code: form[question.code].data for question in questionnaire.questions}
            row = service.answer_diagnosis(actor=current_actor(), answers=answers)
            return done(_("Your answers are saved."), url_for("jobs.diagnosis_result", diagnosis_id=row.id))
    parts = [
        (localized(lists.service_lines()[code]), [q.code for q in questionnaire.questions if q.line == code])
        for code in questionnaire.lines
    ]
    return page("jobs/diagnose.html", form=form, parts=parts)


@blueprint.route("/jobs/diagnoses/<uuid:diagnosis_id>", methods=["GET", "POST"])
@requires(*SME)
def diagnosis_result(diagnosis_id: UUID) -> ResponseReturnValue:
    """Where help is needed most; choosing a service drafts the job."""
    row = queries.get_diagnosis(diagnosis_id, actor=current_actor())
    scores = sorted(row.scores.items(), key=lambda item: -item[1])
    form = ServiceForm(service_line=scores[0][0])
    labels = [(word(lists.service_lines(), code), need) for code, need in scores]
    form.service_line.choices = [(code, word(lists.service_lines(), code)) for code, _need in scores]
    if form.validate_on_submit():
        with form.errors_to_fields():
            job = service.draft_from_diagnosis(
                diagnosis_id, actor=current_actor(), language=locale(), service_line=form.service_line.data
            )
            return done(_("The job is drafted. Read it and change what does not fit."), _edit_url(job))
    return page("jobs/diagnosis_result.html", form=form, labels=labels)


@blueprint.route("/jobs/write", methods=["GET", "POST"])
@requires(*SME)
def write_job() -> ResponseReturnValue:
    """Write a job without the self-diagnosis."""
    organisation = accounts.get_organisation(_own_id())
    weights = {f"weight_{code}": weight for code, weight in terms(clock.today()).usual_weights.items()}
    form = JobForm(region=organisation.region, sector=organisation.sector, language=locale(), **weights)
    if form.validate_on_submit():
        with form.errors_to_fields():
            actor = current_actor()
            job = service.draft_job(actor=actor, text=form.text)
            service.edit_job(job.id, actor=actor, text=form.text, weights=form.weights)
            return done(_("The draft is saved. Nobody else sees it yet."), url_for("jobs.job", job_id=job.id))
    return page("jobs/write_job.html", form=form)


@blueprint.route("/jobs/<uuid:job_id>/edit", methods=["GET", "POST"])
@requires(*SME)
def edit_job(job_id: UUID) -> ResponseReturnValue:
    """Change a draft."""
    job = queries.get_job(job_id, actor=current_actor())
    weights = {f"weight_{code}": 0 for code in rules.CRITERIA}
    weights |= {f"weight_{entry['code']}": entry["weight"] for entry in job.criteria}
    form = JobForm(**{name: getattr(job, name) for name in TEXT_FIELDS}, **weights)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.edit_job(job_id, actor=current_actor(), text=form.text, weights=form.weights)
            return done(_("The draft is saved. Nobody else sees it yet."), url_for("jobs.job", job_id=job_id))
    return page("jobs/edit_job.html", form=form, job=job)


@blueprint.route("/jobs/<uuid:job_id>/publish", methods=["GET", "POST"])
@requires(Role.SIGNATORY)
def publish_job(job_id: UUID) -> ResponseReturnValue:
    """Check the job once more, then publish it on a voucher."""
    actor = current_actor()
    job = queries.get_job(job_id, actor=actor)
    usable = queries.usable_vouchers(job)
    bidding = terms(clock.today())
    closes_on = clock.today() + timedelta(days=bidding.usual_bidding_days)
    first = str(usable[0].id) if usable else ""
    form = publish_form(usable, request.form.get("voucher"), closes_on=closes_on, voucher=first)
    if form.validate_on_submit():
        with form.errors_to_fields():
            closes_at = clock.end_of_day(form.closes_on.data)
            voucher_id, budget = UUID(form.voucher.data), form.budget.data
            service.publish_job(job_id, actor=actor, voucher_id=voucher_id, closes_at=closes_at, budget=budget)
            return done(_("The job is published. Firms can bid now."), url_for("jobs.job", job_id=job_id))
    return page(
        "jobs/publish_job.html",
        form=form,
        job=job,
        usable=usable,
        words=job_words(job),
        shortest_days=bidding.shortest_bidding_days,
    )


@blueprint.get("/jobs/<uuid:job_id>")
@requires(*SME, *PROVIDER, *READERS)
def job(job_id: UUID) -> ResponseReturnValue:
    """One job: what is wanted, by what bids are judged, questions, and what happens next."""
    actor = current_actor()
    job = queries.get_job(job_id, actor=actor)
    own = queries.find_live_bid(job_id, actor.organisation_id) if actor.role in PROVIDER else None
    award = queries.find_award(job_id) if actor.role in SME and job.status == JobStatus.AWARDED else None
    names = accounts.organisation_names([job.organisation_id, award.bid.provider_id if award else None])
    return page(
        "jobs/job.html",
        job=job,
        words=job_words(job),
        lifecycle=JOB,
        tone=TONES[job.status],
        is_open=rules.is_open(job, clock.now()),
        is_unsealed=rules.is_unsealed(job, clock.now()),
        own_bid=own,
        company=names[job.organisation_id],
        award=award,
        funding=queries.find_funding(job),
        winner=names[award.bid.provider_id] if award else "",
    )


@blueprint.route("/jobs/<uuid:job_id>/withdraw", methods=["GET", "POST"])
@requires(Role.SIGNATORY)
def withdraw_job(job_id: UUID) -> ResponseReturnValue:
    """Take a job back."""
    job = queries.get_job(job_id, actor=current_actor())
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.withdraw_job(job_id, actor=current_actor(), reason=form.reason.data)
            return done(_("The job is withdrawn. Bidders are told."), url_for("jobs.jobs"))
    return page("jobs/withdraw_job.html", form=form, job=job)


@blueprint.route("/jobs/<uuid:job_id>/ask", methods=["GET", "POST"])
@requires(*PROVIDER)
def ask(job_id: UUID) -> ResponseReturnValue:
    """Ask a public question about a job."""
    job = queries.get_job(job_id, actor=current_actor())
    form = QuestionForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.ask(job_id, actor=current_actor(), text=form.text.data)
            return done(_("Your question is public. The company is told."), url_for("jobs.job", job_id=job_id))
    return page("jobs/ask.html", form=form, job=job)


@blueprint.route("/jobs/<uuid:job_id>/questions/<uuid:question_id>", methods=["GET", "POST"])
@requires(Role.SIGNATORY, Role.PREPARER)
def answer(job_id: UUID, question_id: UUID) -> ResponseReturnValue:
    """Answer a public question."""
    job = queries.get_job(job_id, actor=current_actor())
    question = queries.get_question(question_id)
    if question.job_id != job_id:
        abort(404)
    form = AnswerForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.answer(question_id, actor=current_actor(), text=form.text.data)
            return done(_("Your answer is public."), url_for("jobs.job", job_id=job_id))
    return page("jobs/answer.html", form=form, job=job, question=question)


def _own_id() -> UUID:
    organisation_id = current_actor().organisation_id
    if organisation_id is None:
        abort(404)
    return organisation_id


def _edit_url(job: Job) -> str:
    return url_for("jobs.edit_job", job_id=job.id)
