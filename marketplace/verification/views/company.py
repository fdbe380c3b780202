"""A company's or firm's pages: how its verification stands, and handing in who it is."""

from __future__ import annotations

from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts import queries as accounts
from marketplace.core.actors import PROVIDER, SME
from marketplace.core.auth import current_actor, requires
from marketplace.core.errors import NotFound
from marketplace.core.i18n import _
from marketplace.core.web import done, page, send_stored
from marketplace.verification import queries, rules, service
from marketplace.verification.forms import HandInForm
from marketplace.verification.states import VERIFICATION, VerificationStatus
from marketplace.verification.views.blueprint import blueprint


@blueprint.get("/verification")
@requires(*SME, *PROVIDER)
def own() -> ResponseReturnValue:
    """How the verification of my company stands, what waits for it, and what to do."""
    actor = current_actor()
    organisation_id = rules.check_reads(actor)
    handed_in = queries.verifications_of(organisation_id)
    return page(
        "verification/own.html",
        verified=next((one for one in handed_in if one.status == VerificationStatus.CONFIRMED), None),
        waiting=next((one for one in handed_in if one.status == VerificationStatus.WAITING), None),
        newest=handed_in[0] if handed_in else None,
        handed_in=handed_in,
        lifecycle=VERIFICATION,
        binds=actor.role in rules.BINDING,
        dispute=queries.find_dispute(organisation_id) if actor.role in rules.BINDING else None,
    )


@blueprint.route("/verification/new", methods=["GET", "POST"])
@requires(*rules.BINDING)
def hand_in() -> ResponseReturnValue:
    """Hand in who my company is, with its business registration."""
    actor = current_actor()
    organisation = accounts.get_organisation(rules.check_binds(actor))
    form = HandInForm(obj=organisation)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.hand_in(
                actor=actor,
                name=form.name.data,
                representative_name=form.representative_name.data,
                document=form.file.data,
            )
            return done(_("The business registration is handed in. The agency looks at it."), url_for(".own"))
    return page("verification/hand_in.html", form=form, organisation=organisation)


@blueprint.get("/verification/<uuid:verification_id>/file")
@requires(*SME, *PROVIDER, *rules.READERS)
def document(verification_id: UUID) -> ResponseReturnValue:
    """Download the business registration that was handed in."""
    file = queries.get_verification(verification_id, actor=current_actor()).file
    if file is None:
        raise NotFound()
    return send_stored(file)
