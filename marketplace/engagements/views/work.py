"""Pages of the work itself: the list of engagements, and one engagement with all that was recorded."""

from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts.exported import COMPANY, PROVIDER
from marketplace.core import exports
from marketplace.core.actors import AGENCY, Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.forms import ReasonForm
from marketplace.core.i18n import _
from marketplace.core.listings import in_order, paginate, sorts
from marketplace.core.money import Money
from marketplace.core.web import done, page
from marketplace.engagements import queries, service
from marketplace.engagements.forms import EngagementFilter
from marketplace.engagements.models import Engagement
from marketplace.engagements.states import (
    CO_PAYMENT,
    DELIVERABLE,
    ENGAGEMENT,
    SESSION,
    STAGE,
    EngagementStatus,
    StageStatus,
    WorkWaiting,
)
from marketplace.engagements.views.agreements import READERS
from marketplace.engagements.views.blueprint import blueprint

SORTS = sorts("-number", Engagement.number)
COLUMNS = [
    (_("Number"), lambda row: row.number),
    (_("Title"), lambda row: row.title),
    *COMPANY,
    *PROVIDER,
    (_("Agreement"), lambda row: row.agreement),
    (_("Currency"), lambda row: row.currency),
    (_("Net price"), lambda row: Money(row.price_net, row.currency)),
    (_("Aid"), lambda row: Money(row.aid, row.currency)),
    (_("Own share"), lambda row: Money(row.co_payment, row.currency)),
    (_("Stages"), lambda row: row.stages),
    (_("Stages accepted"), lambda row: row.accepted),
    (_("Sessions to confirm"), lambda row: row.to_confirm),
    (_("Status"), lambda row: str(ENGAGEMENT.label(row.status))),
    (_("Start"), lambda row: row.starts_on),
    (_("End"), lambda row: row.ends_on),
    (_("Voucher redeemed"), lambda row: row.created_at),
    (_("Started"), lambda row: row.started_at),
    (_("Finished"), lambda row: row.finished_at),
    (_("Lapsed"), lambda row: row.lapsed_at),
    (_("Ended early"), lambda row: row.terminated_at),
    (_("Why it ended early"), lambda row: row.termination_reason),
]
# Who looks at copied reports; the two sides see their own documents only.
REVIEWERS = AGENCY - {Role.EVALUATOR, Role.ENQUIRY_SPECIALIST}


@blueprint.get("/engagements")
@requires(*READERS)
def engagements() -> ResponseReturnValue:
    """Engagements of one's own side, or all."""
    actor = current_actor()
    form = EngagementFilter(formdata=request.args)
    form.validate()
    query = queries.search_engagements(
        actor,
        status=EngagementStatus.of(form.chosen("status")),
        waiting=WorkWaiting.of(form.chosen("waiting")),
        text=form.chosen("search"),
    )
    if exports.requested_format():
        rows = in_order(query.with_only_columns(*queries.EXPORTED_ENGAGEMENT), SORTS, key=Engagement.id)
        return exports.export(rows, COLUMNS, "engagements", _("Engagements"))
    return page(
        "engagements/engagements.html",
        listing=paginate(query.with_only_columns(*queries.LISTED_ENGAGEMENT), sorts=SORTS, key=Engagement.id),
        lifecycle=ENGAGEMENT,
        form=form,
    )


@blueprint.get("/engagements/<uuid:engagement_id>")
@requires(*READERS)
def engagement(engagement_id: UUID) -> ResponseReturnValue:
    """One engagement: where it stands, its stages, sessions and documents, and what comes next."""
    actor = current_actor()
    return page(
        "engagements/engagement.html",
        engagement=queries.engagement_shown(engagement_id, actor=actor),
        stages=queries.stages_shown(engagement_id),
        sessions=queries.sessions_shown(engagement_id),
        deliverables=queries.deliverables_shown(engagement_id),
        likenesses=queries.likenesses_of(engagement_id) if actor.role in REVIEWERS else None,
        lifecycle=ENGAGEMENT,
        stage_lifecycle=STAGE,
        session_lifecycle=SESSION,
        deliverable_lifecycle=DELIVERABLE,
        co_payment_lifecycle=CO_PAYMENT,
    )


@blueprint.route("/engagements/<uuid:engagement_id>/terminate", methods=["GET", "POST"])
@requires(Role.SIGNATORY, Role.PROGRAMME_OFFICER)
def terminate(engagement_id: UUID) -> ResponseReturnValue:
    """End work that will not be finished, with a reason."""
    actor = current_actor()
    engagement = queries.engagement_shown(engagement_id, actor=actor)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.terminate(engagement_id, actor=actor, reason=form.reason.data, key=str(form.key.data))
            return done(_("The engagement has ended."), url_for(".engagement", engagement_id=engagement_id))
    ended = (StageStatus.ACCEPTED, StageStatus.ENDED)
    rest = [stage for stage in queries.stages_shown(engagement_id) if stage.status not in ended]
    return page(
        "engagements/terminate.html",
        form=form,
        engagement=engagement,
        currency=engagement.currency,
        aid=sum(open_stage.aid for open_stage in rest),
        co_payment=sum(open_stage.co_payment for open_stage in rest),
    )
