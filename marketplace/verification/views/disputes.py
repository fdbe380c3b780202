"""The pages of disputes: opening one, replying, and what the agency decides."""

from __future__ import annotations

from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts import queries as accounts
from marketplace.accounts.business_number import written
from marketplace.accounts.exported import written_number
from marketplace.core import clock
from marketplace.core.actors import Actor, Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.errors import Forbidden, NotFound, Words
from marketplace.core.exports import Column, export, requested_format
from marketplace.core.i18n import _
from marketplace.core.listings import in_order, paginate, sorts
from marketplace.core.web import done, page, send_stored
from marketplace.verification import queries, rules, service, terms
from marketplace.verification.forms import YES, ConfirmationForm, DisputeFilter, DisputeForm, ProposalForm, ReplyForm
from marketplace.verification.models import Dispute
from marketplace.verification.states import DISPUTE, DisputeStatus
from marketplace.verification.views.blueprint import blueprint

SORTS = sorts("-opened_at", Dispute.opened_at, Dispute.reply_by)
COLUMNS: list[Column] = [
    (_("Company"), lambda row: row.name),
    (_("Business number"), lambda row: written_number(row.business_number)),
    (_("Status"), lambda row: str(row.status.label)),
    (_("Opened"), lambda row: row.opened_at),
    (_("Reply by"), lambda row: row.reply_by),
    (_("Replied"), lambda row: row.replied_at),
    (_("Transfer proposed"), lambda row: row.proposed_at),
    (_("Transferred"), lambda row: row.transferred_at),
    (_("Dismissed"), lambda row: row.dismissed_at),
]


@blueprint.route("/verification/disputes/new", methods=["GET", "POST"])
@requires()
def open_dispute() -> ResponseReturnValue:
    """Say that a registered company is mine to sign for."""
    actor = current_actor()
    person_id = rules.check_person(actor)
    form = DisputeForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            dispute = service.open_dispute(
                actor=actor,
                business_number=form.business_number.data,
                name=form.name.data,
                representative_name=form.representative_name.data,
                statement=form.statement.data,
                document=form.file.data,
            )
            return done(_("The dispute is open. Both sides are told."), url_for(".dispute", dispute_id=dispute.id))
    return page(
        "verification/open_dispute.html",
        form=form,
        terms=terms.terms(),
        opened=queries.disputes_by(person_id),
        lifecycle=DISPUTE,
    )


@blueprint.get("/verification/disputes")
@requires(*rules.READERS)
def disputes() -> ResponseReturnValue:
    """Every dispute about a company, the newest first."""
    form = DisputeFilter(formdata=request.args)
    form.validate()
    chosen = queries.search_disputes(status=form.chosen("status"), text=form.chosen("search"))
    if requested_format():
        return export(in_order(chosen, SORTS, key=Dispute.id), COLUMNS, "disputes", _("Disputes about companies"))
    listed = paginate(chosen, sorts=SORTS, key=Dispute.id)
    return page("verification/disputes.html", form=form, listed=listed, lifecycle=DISPUTE, written=written)


@blueprint.route("/verification/disputes/<uuid:dispute_id>", methods=["GET", "POST"])
@requires()
def dispute(dispute_id: UUID) -> ResponseReturnValue:
    """What both sides say, and what the agency decides."""
    actor = current_actor()
    one = queries.get_dispute(dispute_id, actor=actor)
    form = _decision(one, actor)
    if request.method == "POST":
        if form is None:
            raise Forbidden()
        if form.validate_on_submit():
            with form.errors_to_fields():
                words = _decide(dispute_id, form.decision.data == YES, form.reason.data or "", actor)
                return done(words, url_for(".disputes"))
    today, reads = clock.today(), actor.role in rules.READERS
    signs = actor.role in rules.BINDING and actor.organisation_id == one.organisation_id
    return page(
        "verification/dispute.html",
        form=form,
        dispute=one,
        lifecycle=DISPUTE,
        written=written,
        reads=reads,
        opener=accounts.get_person(one.opened_by),
        signatories=accounts.people_of(one.organisation_id, rules.BINDING) if reads else [],
        heard=one.reply is not None or today > one.reply_by,
        may_reply=signs and one.status == DisputeStatus.OPEN and one.reply is None and today <= one.reply_by,
    )


def _decision(one: Dispute, actor: Actor) -> ProposalForm | ConfirmationForm | None:
    """What this reader may decide now."""
    if actor.role is Role.PROGRAMME_OFFICER and one.status == DisputeStatus.OPEN:
        return ProposalForm()
    if actor.role is Role.ADMINISTRATOR and one.status == DisputeStatus.PROPOSED:
        return ConfirmationForm()
    return None


def _decide(dispute_id: UUID, granted: bool, reason: str, actor: Actor) -> Words:
    """Carry out the decision; what to say then."""
    if actor.role is Role.ADMINISTRATOR:
        if granted:
            service.transfer(dispute_id, actor=actor)
            return _("The company has another signatory. Both sides are told.")
        service.return_proposal(dispute_id, actor=actor, reason=reason)
        return _("The proposal is returned. The officers are told why.")
    if granted:
        service.propose_transfer(dispute_id, actor=actor, reason=reason)
        return _("The transfer is proposed. An administrator confirms it.")
    service.dismiss(dispute_id, actor=actor, reason=reason)
    return _("The dispute is dismissed. Both sides are told.")


@blueprint.route("/verification/disputes/<uuid:dispute_id>/reply", methods=["GET", "POST"])
@requires(*rules.BINDING)
def reply(dispute_id: UUID) -> ResponseReturnValue:
    """Reply to whoever says that my company is theirs."""
    actor = current_actor()
    one = queries.get_dispute(dispute_id, actor=actor)
    rules.check_may_reply(one, actor, clock.today())
    form = ReplyForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.reply(dispute_id, actor=actor, reply=form.reply.data, document=form.file.data)
            return done(_("Your reply is handed in. The agency decides."), url_for(".dispute", dispute_id=dispute_id))
    return page("verification/reply.html", form=form, dispute=one)


@blueprint.get("/verification/disputes/<uuid:dispute_id>/file")
@requires()
def dispute_document(dispute_id: UUID) -> ResponseReturnValue:
    """Download the business registration of whoever opened the dispute; the other side doesn't."""
    one = queries.get_dispute(dispute_id, actor=current_actor())
    if current_actor().role not in rules.READERS and current_actor().person_id != one.opened_by:
        raise NotFound()
    return send_stored(one.file)


@blueprint.get("/verification/disputes/<uuid:dispute_id>/reply-file")
@requires(*rules.BINDING, *rules.READERS)
def reply_document(dispute_id: UUID) -> ResponseReturnValue:
    """Download the document of the reply; whoever opened the dispute doesn't."""
    one = queries.get_dispute(dispute_id, actor=current_actor())
    if one.reply_file is None or (
        current_actor().role not in rules.READERS and current_actor().organisation_id != one.organisation_id
    ):
        raise NotFound()
    return send_stored(one.reply_file)
