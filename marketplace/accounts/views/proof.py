"""The page on which somebody who is signed in shows once more that it is them."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace.accounts import limits, service
from marketplace.accounts.forms import ProofForm
from marketplace.accounts.views.blueprint import blueprint, carry, counters, own_address
from marketplace.core.auth import current_actor, requires
from marketplace.core.web import page


@blueprint.route("/account/prove", methods=["GET", "POST"])
@requires()
def prove() -> ResponseReturnValue:
    """Show that it is me, and go on to the page that asks for it."""
    following = own_address(request.args.get("next")) or url_for("accounts.account")
    form = ProofForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            count_try()
            carry(service.prove(current_user.token, password=form.password.data, actor=current_actor()))
            forgive_try()
            return redirect(following, 303)
    return page("accounts/prove.html", form=form)


def count_try() -> None:
    """What is asked for inside a session is guessed as slowly as at sign-in."""
    limits.check_sign_in(counters(), email=f"inside:{current_user.actor.person_id}", address=request.remote_addr or "")


def forgive_try() -> None:
    """The try was right."""
    limits.forgive_sign_in(
        counters(), email=f"inside:{current_user.actor.person_id}", address=request.remote_addr or ""
    )
