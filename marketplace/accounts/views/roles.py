"""The page on which a person chooses in which role they act."""

from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace.accounts import queries, service
from marketplace.accounts.states import OrganisationKind
from marketplace.accounts.views.blueprint import blueprint, carry, own_address
from marketplace.core.auth import current_actor, requires
from marketplace.core.i18n import _
from marketplace.core.web import page


@blueprint.get("/account/roles")
@requires()
def choose_role() -> ResponseReturnValue:
    """The roles that I have, and what to do when I have none."""
    return page(
        "accounts/choose_role.html",
        memberships=queries.memberships_of(current_user.actor.person_id),
        proposed=queries.proposed_for(current_user.actor.person_id),
        following=own_address(request.args.get("next")),
        beginnings=[
            {
                "text": _("Register your company"),
                "hint": _("For small and medium enterprises that want a voucher."),
                "url": url_for("accounts.register_company", kind=OrganisationKind.SME),
            },
            {
                "text": _("Register your consulting firm"),
                "hint": _("For firms that want to do the consulting."),
                "url": url_for("accounts.register_company", kind=OrganisationKind.PROVIDER),
            },
        ],
    )


@blueprint.post("/account/roles/<uuid:membership_id>")
@requires()
def switch_role(membership_id: UUID) -> ResponseReturnValue:
    """Act in another of my roles, with a new session cookie."""
    carry(service.switch_role(current_user.token, membership_id, actor=current_actor()))
    return redirect(own_address(request.args.get("next")) or url_for("reports.home"), 303)
