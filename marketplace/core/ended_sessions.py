"""What becomes of a form whose session is over, or its proof too old: nothing is done, and nothing typed is lost."""

from flask import flash, g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from marketplace.core import auth, db, kept, web
from marketplace.core.i18n import _

UNKNOWN = _("This page belongs to no session that we know. Go back, load it anew and send it again.")
KEPT = _("Your session has ended and nothing was sent. Sign in again: the form comes back as you filled it in.")
NOT_KEPT = _("Your session has ended and nothing was done. Sign in again and repeat it.")
PROOF_KEPT = _("Nothing was sent yet. Show first that it is you: the form then comes back as you filled it in.")
PROOF_NOT_KEPT = _("Nothing was done. Show first that it is you, then repeat it.")
OTHER_PERSON = _("Somebody else opened this page, and their session has ended. What stood in it was not saved.")


def answer(error: Exception) -> ResponseReturnValue:
    """Keep the form for whoever opened it, and say how to go on."""
    db.rollback()
    origin, actor = auth.origin(), auth.current_actor()
    if origin is None:
        return web.problem_page(400, UNKNOWN) if isinstance(error, CSRFError) else redirect(url_for("accounts.sign_in"))
    if actor.person_id not in (None, origin.person_id):
        return web.problem_page(409, OTHER_PERSON)
    address = kept.keep(origin)
    if actor.person_id is None:
        flash(str(KEPT if address else NOT_KEPT), "warning")
        return redirect(url_for("accounts.sign_in", next=address), 303)
    if origin.membership_id not in (None, actor.membership_id):
        # The bare frame of an error page shows no navigation of a role that is not meant here.
        return web.render(
            "errors/other_role.html", message=None, origin=origin, address=address, request_id=g.get("request_id", "")
        ), 409
    return redirect(address or url_for("reports.home"), 303)


def ask_for_proof(error: Exception) -> ResponseReturnValue:
    """Keep the form until whoever sends it has proved once more who they are."""
    db.rollback()
    address = kept.keep(auth.current_actor())
    flash(str(PROOF_KEPT if address else PROOF_NOT_KEPT), "warning")
    return redirect(url_for("accounts.prove", next=address), 303)
