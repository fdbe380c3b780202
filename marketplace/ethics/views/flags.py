"""The queue of flags: list, evidence, dismiss, hold, extend, lift."""

from typing import Any
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts import queries as accounts
from marketplace.accounts.exported import PARTIES
from marketplace.claims import queries as claims
from marketplace.claims.states import HoldStatus
from marketplace.core import db
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.exports import export, requested_format
from marketplace.core.forms import Form, ReasonForm
from marketplace.core.i18n import _, localized
from marketplace.core.listings import in_order, paginate, sorts
from marketplace.core.web import done, page
from marketplace.engagements import queries as engagements
from marketplace.ethics import queries, service
from marketplace.ethics.forms import DismissForm, FlagFilter
from marketplace.ethics.labels import FINDINGS, evidence_words
from marketplace.ethics.models import Flag
from marketplace.ethics.rules import book
from marketplace.ethics.states import FLAG, Dismissal
from marketplace.ethics.views.blueprint import READERS, blueprint, known, rule_title

SORTS = sorts("-raised_at", Flag.raised_at, Flag.number)


@blueprint.get("/flags")
@requires(*READERS)
def flag_list() -> ResponseReturnValue:
    """List flags, newest first."""
    form = FlagFilter(formdata=request.args)
    edition = book.newest()
    form.offer([(rule.id, localized(rule.title)) for rule in edition.rules.values()])
    form.validate()
    status, rule_id = known(form.status), known(form.rule)
    chosen = queries.flags(status=status, rule_id=rule_id, search=form.chosen("search"))
    if requested_format():
        rows = in_order(chosen.add_columns(*queries.EXPORTED_FLAG), SORTS, key=Flag.id)
        return export(rows, _columns(), "flags", _("Flags"))
    listed = paginate(chosen, sorts=SORTS, key=Flag.id)
    return page(
        "ethics/flag_list.html",
        form=form,
        listed=listed,
        edition=edition,
        lifecycle=FLAG,
        findings=FINDINGS,
    )


def _columns() -> list[Any]:
    return [
        (_("Number"), lambda row: row.number),
        (_("Rule"), rule_title),
        (_("Version"), lambda row: f"{row.rule_version} / {row.rule_set}"),
        (_("What was found"), lambda row: str(FINDINGS.get(row.finding, row.finding))),
        *PARTIES,
        (_("Action"), lambda row: str(row.action.label)),
        (_("Payment"), lambda row: str(_("Held")) if row.hold == HoldStatus.ACTIVE else ""),
        (_("Status"), lambda row: str(FLAG.label(row.status))),
        (_("Raised"), lambda row: row.raised_at),
        (_("Case"), lambda row: row.case),
        (_("Closed"), lambda row: row.closed_at),
        (_("Closed by"), lambda row: row.closed_by),
        (_("Reason"), lambda row: row.closing_reason),
    ]


@blueprint.get("/flags/<uuid:flag_id>")
@requires(*READERS)
def flag(flag_id: UUID) -> ResponseReturnValue:
    """Show one flag with its evidence, the rule's formula and what may be done."""
    flag = db.get(Flag, flag_id)
    edition = book.get(flag.rule_set)
    return page(
        "ethics/flag.html",
        flag=flag,
        entry=edition.rules[flag.rule_id],
        engagement=engagements.sides(flag.engagement_id),
        firms=accounts.organisation_names([flag.organisation_id, flag.provider_id]),
        names=accounts.names([flag.closed_by]),
        hold=claims.find_hold(flag.hold_id),
        others=[other for other in queries.flags_of(flag.engagement_id) if other.id != flag.id],
        findings=FINDINGS,
        evidence=evidence_words(flag),
        lifecycle=FLAG,
    )


@blueprint.route("/flags/<uuid:flag_id>/dismiss", methods=["GET", "POST"])
@requires(Role.ETHICS_OFFICER)
def dismiss(flag_id: UUID) -> ResponseReturnValue:
    """Close a flag with a reason."""
    flag = db.get(Flag, flag_id)
    form = DismissForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.dismiss(flag_id, actor=current_actor(), kind=Dismissal(form.kind.data), reason=form.reason.data)
            return done(_("The flag is closed. Its hold, if any, has ended."), _address(flag_id))
    return page("ethics/dismiss.html", form=form, flag=flag, findings=FINDINGS)


@blueprint.route("/flags/<uuid:flag_id>/hold", methods=["GET", "POST"])
@requires(Role.ETHICS_OFFICER)
def hold(flag_id: UUID) -> ResponseReturnValue:
    """Hold payments because of a flag."""
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.hold(flag_id, actor=current_actor(), reason=form.reason.data)
            return done(_("Payments of this engagement are held."), _address(flag_id))
    return _reason_page(flag_id, form, "hold")


@blueprint.route("/flags/<uuid:flag_id>/extend-hold", methods=["GET", "POST"])
@requires(Role.ETHICS_OFFICER)
def extend_hold(flag_id: UUID) -> ResponseReturnValue:
    """Extend a hold with a reason."""
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.extend_hold(flag_id, actor=current_actor(), reason=form.reason.data)
            return done(_("The hold goes on."), _address(flag_id))
    return _reason_page(flag_id, form, "extend_hold")


@blueprint.route("/flags/<uuid:flag_id>/lift-hold", methods=["GET", "POST"])
@requires(Role.ETHICS_OFFICER)
def lift_hold(flag_id: UUID) -> ResponseReturnValue:
    """End a hold before its time."""
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.lift_hold(flag_id, actor=current_actor(), reason=form.reason.data)
            return done(_("Payments go on."), _address(flag_id))
    return _reason_page(flag_id, form, "lift_hold")


def _reason_page(flag_id: UUID, form: Form, verb: str) -> ResponseReturnValue:
    flag = db.get(Flag, flag_id)
    return page(f"ethics/{verb}.html", form=form, flag=flag, findings=FINDINGS, hold=claims.find_hold(flag.hold_id))


def _address(flag_id: UUID) -> str:
    return url_for("ethics.flag", flag_id=flag_id)
