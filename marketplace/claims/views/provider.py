"""The provider's pages: claim, hand in again, withdraw."""

from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue

from config import lists
from marketplace.claims import queries, service
from marketplace.claims.forms import AnswerForm, ClaimForm, choose_from, in_currency
from marketplace.claims.views.blueprint import blueprint
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.forms import ConfirmForm
from marketplace.core.i18n import _, localized, money
from marketplace.core.web import done, page
from marketplace.engagements import queries as engagements
from marketplace.engagements.models import Stage


@blueprint.route("/engagements/<uuid:engagement_id>/claim", methods=["GET", "POST"])
@requires(Role.MANAGER)
def new_claim(engagement_id: UUID) -> ResponseReturnValue:
    """Claim accepted stages of one engagement."""
    actor = current_actor()
    engagement = engagements.engagement_shown(engagement_id, actor=actor)
    currency = engagement.currency
    stages = queries.claimable_stages(engagement_id)
    form = in_currency(ClaimForm, currency)(stage_ids=[stage.id for stage in stages])
    form.shows(stages)
    choose_from(form.stage_ids, [(claimable.id, _choice(claimable, currency)) for claimable in stages])
    if form.validate_on_submit():
        with form.errors_to_fields():
            made = service.submit_claim(
                engagement_id,
                actor=actor,
                stage_ids=form.stage_ids.data,
                invoice_number=form.invoice_number.data,
                invoice_gross=form.invoice_gross.data,
                invoice=form.file.data,
            )
            return done(_("The claim is handed in."), url_for(".claim", claim_id=made.id))
    return page("claims/new_claim.html", form=form, engagement=engagement, stages=stages)


@blueprint.route("/claims/<uuid:claim_id>/resubmit", methods=["GET", "POST"])
@requires(Role.MANAGER)
def resubmit_claim(claim_id: UUID) -> ResponseReturnValue:
    """Answer the list of reasons and hand the claim in again."""
    actor = current_actor()
    claim = queries.get_claim(claim_id, actor=actor)
    form = in_currency(AnswerForm, claim.currency)(obj=claim)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.resubmit_claim(
                claim_id,
                actor=actor,
                answer=form.answer.data,
                invoice_number=form.invoice_number.data,
                invoice_gross=form.invoice_gross.data,
                invoice=form.file.data,
            )
            return done(_("The claim is handed in again."), url_for(".claim", claim_id=claim_id))
    return page("claims/resubmit_claim.html", form=form, claim=claim)


@blueprint.route("/claims/<uuid:claim_id>/withdraw", methods=["GET", "POST"])
@requires(Role.MANAGER)
def withdraw_claim(claim_id: UUID) -> ResponseReturnValue:
    """Take a claim back."""
    actor = current_actor()
    claim = queries.get_claim(claim_id, actor=actor)
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.withdraw_claim(claim_id, actor=actor)
            return done(_("The claim is withdrawn."), url_for(".claim", claim_id=claim_id))
    return page("claims/withdraw_claim.html", form=form, claim=claim)


def _choice(stage: Stage, currency: str) -> str:
    name = localized(lists.stages().get(stage.code, {"en": stage.code}))
    return f"{name} · {money(stage.agreed.price_net, currency)}"
