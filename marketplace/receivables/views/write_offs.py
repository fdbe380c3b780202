"""The pages of write-offs: propose, and sign or refuse as another budget officer."""

from uuid import UUID

from flask.typing import ResponseReturnValue

from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.forms import ReasonForm
from marketplace.core.i18n import _
from marketplace.core.web import done, page
from marketplace.receivables import queries, service
from marketplace.receivables.forms import WriteOffDecisionForm
from marketplace.receivables.views.blueprint import back, blueprint


@blueprint.route("/receivables/<uuid:receivable_id>/write-off", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def propose_write_off(receivable_id: UUID) -> ResponseReturnValue:
    """The first signature under giving up what is left."""
    actor = current_actor()
    receivable = queries.get_receivable(receivable_id, actor=actor)
    form = ReasonForm()
    form.shows(receivable.instalments, receivable.receipts)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.propose_write_off(receivable_id, actor=actor, reason=form.reason.data)
            return done(_("The write-off is proposed. Another budget officer signs it."), back(receivable_id))
    return page("receivables/propose_write_off.html", form=form, receivable=receivable)


@blueprint.route("/receivables/<uuid:receivable_id>/write-off/decide", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def decide_write_off(receivable_id: UUID) -> ResponseReturnValue:
    """The second signature, or a refusal."""
    actor = current_actor()
    receivable = queries.get_receivable(receivable_id, actor=actor)
    write_off = queries.open_write_off(receivable_id)
    form = WriteOffDecisionForm()
    form.shows(receivable.instalments, receivable.receipts, write_off)
    if form.validate_on_submit():
        with form.errors_to_fields():
            if form.decision.data == "sign":
                service.sign_write_off(receivable_id, actor=actor, key=str(form.key.data))
                return done(_("The write-off is signed. Nothing is owed any more."), back(receivable_id))
            service.refuse_write_off(receivable_id, actor=actor, reason=form.reason.data or "")
            return done(_("The write-off is refused. The debt stays."), back(receivable_id))
    return page("receivables/decide_write_off.html", form=form, receivable=receivable, write_off=write_off)
