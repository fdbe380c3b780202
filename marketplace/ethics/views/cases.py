"""Cases as the officers see them: list, open, decide, decide an appeal."""

from typing import Any
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts import queries as accounts
from marketplace.accounts.exported import PARTIES
from marketplace.core import clock
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.exports import export, requested_format
from marketplace.core.i18n import _
from marketplace.core.listings import in_order, paginate, sorts
from marketplace.core.web import done, page
from marketplace.engagements import queries as engagements
from marketplace.ethics import queries, service
from marketplace.ethics.forms import CaseFilter, CaseForm, DecideAppealForm, DecideForm
from marketplace.ethics.labels import FINDINGS
from marketplace.ethics.models import Case
from marketplace.ethics.rules import book
from marketplace.ethics.states import CASE, FlagStatus, Sanction
from marketplace.ethics.views.blueprint import READERS, blueprint, known, rule_title
from marketplace.evaluations import rubric

SORTS = sorts("-opened_at", Case.opened_at, Case.number)


@blueprint.get("/cases")
@requires(*READERS)
def case_list() -> ResponseReturnValue:
    """List cases, newest first."""
    form = CaseFilter(formdata=request.args)
    form.validate()
    status = known(form.status)
    chosen = queries.cases(status=status, to_decide=bool(form.chosen("waiting")), search=form.chosen("search"))
    if requested_format():
        rows = in_order(chosen.add_columns(*queries.EXPORTED_CASE), SORTS, key=Case.id)
        return export(rows, _columns(), "cases", _("Cases"))
    listed = paginate(chosen, sorts=SORTS, key=Case.id)
    return page("ethics/case_list.html", form=form, listed=listed, lifecycle=CASE)


def _columns() -> list[Any]:
    return [
        (_("Number"), lambda row: row.number),
        *PARTIES,
        (_("Status"), lambda row: str(CASE.label(row.status))),
        (_("Sanction"), lambda row: str(row.sanction.label) if row.sanction else ""),
        (_("Opened"), lambda row: row.opened_at),
        (_("Opened by"), lambda row: row.opened_by),
        (_("Reply due"), lambda row: row.reply_due_at),
        (_("Replied"), lambda row: row.replied_at),
        (_("Decided"), lambda row: row.decided_at),
        (_("Decided by"), lambda row: row.decided_by),
        (_("Reason"), lambda row: row.finding_reason),
        (_("Appealed"), lambda row: row.appealed_at),
        (_("Appeal decided"), lambda row: row.appeal_decided_at),
        (_("Reason of the decision on the appeal"), lambda row: row.appeal_reason),
    ]


@blueprint.get("/cases/<uuid:case_id>")
@requires(*READERS)
def case(case_id: UUID) -> ResponseReturnValue:
    """Show one case: flags, question, reply, finding, appeal, and what its reader may do."""
    case = queries.get_case(case_id, actor=current_actor())
    return page(
        "ethics/case.html",
        case=case,
        flags=queries.flags_in_case(case_id),
        engagement=engagements.sides(case.engagement_id),
        firms=accounts.organisation_names([case.provider_id]),
        names=accounts.names([case.opened_by, case.decided_by, case.appeal_decided_by]),
        findings_against=queries.findings_against(case.provider_id),
        findings=FINDINGS,
        lifecycle=CASE,
    )


@blueprint.route("/engagements/<uuid:engagement_id>/open-case", methods=["GET", "POST"])
@requires(Role.ETHICS_OFFICER)
def open_case(engagement_id: UUID) -> ResponseReturnValue:
    """Put open flags of an engagement to its provider."""
    engagement = engagements.sides(engagement_id)
    flags = [flag for flag in queries.flags_of(engagement_id) if flag.status == FlagStatus.RAISED]
    form = CaseForm(flags=[str(flag.id) for flag in flags])
    form.offer(
        [(str(flag.id), f"{flag.number} {rule_title(flag)}: {FINDINGS.get(flag.finding, '')}") for flag in flags]
    )
    if form.validate_on_submit():
        with form.errors_to_fields():
            chosen = [UUID(value) for value in form.flags.data or []]
            opened = service.open_case(
                engagement_id, actor=current_actor(), flag_ids=chosen, question=form.question.data
            )
            return done(_("The case is open. The firm was asked to reply."), url_for("ethics.case", case_id=opened.id))
    reply_days = book.newest().reply_days
    return page("ethics/open_case.html", form=form, engagement=engagement, flags=flags, reply_days=reply_days)


@blueprint.route("/cases/<uuid:case_id>/decide", methods=["GET", "POST"])
@requires(Role.ETHICS_OFFICER)
def decide(case_id: UUID) -> ResponseReturnValue:
    """Find a violation or none."""
    case = queries.get_case(case_id, actor=current_actor())
    count = queries.findings_against(case.provider_id)
    form = DecideForm()
    form.shows(count)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.decide(
                case_id,
                actor=current_actor(),
                violation=form.finding.data == "violation",
                reason=form.reason.data,
                sanction=Sanction.of(form.sanction.data),
            )
            return done(_("The case is decided. The firm was told."), url_for("ethics.case", case_id=case_id))
    points = rubric.current(clock.today()).grade.violation
    limit = book.newest().sanction_after_findings
    return page("ethics/decide.html", form=form, case=case, count=count, limit=limit, points=points)


@blueprint.route("/cases/<uuid:case_id>/decide-appeal", methods=["GET", "POST"])
@requires(Role.ETHICS_OFFICER)
def decide_appeal(case_id: UUID) -> ResponseReturnValue:
    """Uphold or overturn a finding."""
    case = queries.get_case(case_id, actor=current_actor())
    form = DecideAppealForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            uphold = form.decision.data == "uphold"
            service.decide_appeal(case_id, actor=current_actor(), uphold=uphold, reason=form.reason.data)
            return done(_("The appeal is decided. The firm was told."), url_for("ethics.case", case_id=case_id))
    return page("ethics/decide_appeal.html", form=form, case=case)
