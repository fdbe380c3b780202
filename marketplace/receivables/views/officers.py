"""The officers' pages: judge success, open a recovery, confirm, drop, agree instalments, set off."""

from datetime import timedelta
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from config import recovery
from marketplace.accounts import queries as accounts
from marketplace.claims.models import Claim
from marketplace.core import clock
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.errors import Invalid
from marketplace.core.forms import ReasonForm
from marketplace.core.i18n import _, localized, money
from marketplace.core.listings import paginate, sorts
from marketplace.core.text import number_in
from marketplace.core.web import done, page
from marketplace.engagements import queries as engagements
from marketplace.engagements.models import Engagement
from marketplace.receivables import queries, service
from marketplace.receivables.forms import (
    CountersignForm,
    InstalmentsForm,
    SuccessForm,
    choose_from,
    recovery_in,
    set_off_in,
)
from marketplace.receivables.views.blueprint import back, blueprint

DECIDERS = (Role.BUDGET_OFFICER, Role.ETHICS_OFFICER)
SUCCESS_SORTS = sorts("number", Engagement.number)


@blueprint.get("/receivables/successes")
@requires(Role.PROGRAMME_OFFICER)
def successes() -> ResponseReturnValue:
    """Finished and paid work whose success is to be judged, because its programme takes something back."""
    listing = paginate(queries.undecided_successes(), sorts=SUCCESS_SORTS, key=Engagement.id)
    names = accounts.organisation_names(row.organisation_id for row in listing.items)
    return page("receivables/successes.html", listing=listing, names=names)


@blueprint.route("/engagements/<uuid:engagement_id>/success", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def declare_success(engagement_id: UUID) -> ResponseReturnValue:
    """Say whether finished work was a success; if it was, a share of the aid is to be given back."""
    actor = current_actor()
    engagement = engagements.get_engagement(engagement_id, actor=actor)
    form = SuccessForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            verb = service.propose_repayment if form.success.data == "yes" else service.decline_repayment
            made = verb(engagement_id, actor=actor, reason=form.reason.data, key=str(form.key.data))
            return done(_("The decision is kept. If it was a success, a budget officer confirms it."), back(made.id))
    return page("receivables/declare_success.html", form=form, engagement=engagement)


@blueprint.route("/receivables/new", methods=["GET", "POST"])
@requires(*DECIDERS)
def new_recovery() -> ResponseReturnValue:
    """Ask aid back on a ground."""
    actor = current_actor()
    engagement = queries.find_engagement(number_in("ENG", request.form.get("engagement", "")) or "")
    form = recovery_in(engagement.agreement.currency if engagement else "KRW")()
    grounds = recovery.terms(clock.today()).grounds
    choose_from(form.ground, [(code, _with_surcharge(ground)) for code, ground in grounds.items()])
    if form.validate_on_submit():
        with form.errors_to_fields():
            if engagement is None:
                raise Invalid(_("There is no engagement with this number."), field="engagement")
            from_firm = form.debtor.data == "provider"
            made = service.open_recovery(
                engagement.id,
                actor=actor,
                debtor_id=engagement.provider_id if from_firm else engagement.organisation_id,
                ground=form.ground.data,
                amount=form.amount.data,
                reason=form.reason.data,
                key=str(form.key.data),
            )
            return done(_("The recovery is opened. Another officer confirms it."), back(made.id))
    return page("receivables/new_recovery.html", form=form)


@blueprint.route("/receivables/<uuid:receivable_id>/confirm", methods=["GET", "POST"])
@requires(*DECIDERS)
def confirm(receivable_id: UUID) -> ResponseReturnValue:
    """The second officer confirms what the first one opened."""
    actor = current_actor()
    receivable = queries.get_receivable(receivable_id, actor=actor)
    form = CountersignForm()
    form.shows(receivable.instalments)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.confirm(receivable_id, actor=actor, key=str(form.key.data))
            return done(_("It is confirmed. The debtor is told by e-mail."), back(receivable_id))
    names = accounts.organisation_names([receivable.debtor_id])
    return page("receivables/confirm.html", form=form, receivable=receivable, names=names)


@blueprint.route("/receivables/<uuid:receivable_id>/drop", methods=["GET", "POST"])
@requires(*DECIDERS)
def drop(receivable_id: UUID) -> ResponseReturnValue:
    """Give up what was opened, before it is confirmed."""
    actor = current_actor()
    receivable = queries.get_receivable(receivable_id, actor=actor)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.drop(receivable_id, actor=actor, reason=form.reason.data)
            return done(_("It is dropped. Nothing is owed."), back(receivable_id))
    return page("receivables/drop.html", form=form, receivable=receivable)


@blueprint.route("/receivables/<uuid:receivable_id>/instalments", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def agree_instalments(receivable_id: UUID) -> ResponseReturnValue:
    """Agree other instalments for what is left."""
    actor = current_actor()
    receivable = queries.get_receivable(receivable_id, actor=actor)
    form = InstalmentsForm(first_due_on=clock.today() + timedelta(days=receivable.days_to_pay), every_months=1)
    form.shows(receivable.instalments, receivable.receipts)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.agree_instalments(
                receivable_id,
                actor=actor,
                count=form.count.data,
                first_due_on=form.first_due_on.data,
                every_months=form.every_months.data,
                reason=form.reason.data,
                key=str(form.key.data),
            )
            return done(_("The new instalments are kept. The debtor is told by e-mail."), back(receivable_id))
    interest = queries.interest_today(receivable, clock.today())
    return page("receivables/agree_instalments.html", form=form, receivable=receivable, interest=interest)


@blueprint.route("/receivables/<uuid:receivable_id>/set-off", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def set_off(receivable_id: UUID) -> ResponseReturnValue:
    """Keep a part of the debtor's next payment back."""
    actor = current_actor()
    receivable = queries.get_receivable(receivable_id, actor=actor)
    claims = queries.claims_for_set_off(receivable)
    form = set_off_in(receivable.currency)()
    form.shows(receivable.instalments, claims)
    choose_from(form.claim_id, [(claim.id, _claim(claim)) for claim in claims])
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.set_off(
                receivable_id, actor=actor, claim_id=form.claim_id.data, amount=form.amount.data, key=str(form.key.data)
            )
            return done(_("It is kept back when the claim is paid."), back(receivable_id))
    return page("receivables/set_off.html", form=form, receivable=receivable, claims=claims)


def _claim(claim: Claim) -> str:
    return f"{claim.number} · {money(claim.approved_amount or 0, claim.currency)}"


def _with_surcharge(ground: recovery.Ground) -> str:
    name = localized(ground.name)
    return str(_("%(ground)s (surcharge %(percent)s %%)", ground=name, percent=ground.surcharge_percent))
