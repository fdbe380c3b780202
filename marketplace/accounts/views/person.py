"""A person's own pages: name, address, language, password, sessions."""

from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from marketplace.accounts import queries, service
from marketplace.accounts.forms import ChangeEmailForm, ChangePasswordForm, ProfileForm
from marketplace.accounts.service.sessions import hashed
from marketplace.accounts.views.blueprint import blueprint, carry, remember_language
from marketplace.accounts.views.proof import count_try, forgive_try
from marketplace.core.auth import current_actor, requires
from marketplace.core.forms import ConfirmForm
from marketplace.core.i18n import _
from marketplace.core.web import done, page


@blueprint.get("/account")
@requires()
def account() -> ResponseReturnValue:
    """What the service keeps about me, and where I change it."""
    person = queries.get_person(current_user.actor.person_id)
    return page("accounts/account.html", person=person, memberships=queries.memberships_of(person.id))


@blueprint.route("/account/profile", methods=["GET", "POST"])
@requires()
def change_profile() -> ResponseReturnValue:
    """Change my name, telephone number and language."""
    person = queries.get_person(current_user.actor.person_id)
    form = ProfileForm(obj=person)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.change_profile(
                actor=current_actor(), name=form.name.data, phone=form.phone.data, locale=form.locale.data
            )
            response = redirect(url_for("accounts.account"), 303)
            remember_language(response, form.locale.data)
            flash(str(_("Your details are saved.")), "success")
            return response
    return page("accounts/change_profile.html", form=form)


@blueprint.route("/account/password", methods=["GET", "POST"])
@requires(recent_proof=True)
def change_password() -> ResponseReturnValue:
    """Change my password."""
    form = ChangePasswordForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            count_try()
            secret = service.change_password(
                current_user.token, actor=current_actor(), current=form.current.data, password=form.password.data
            )
            forgive_try()
            carry(secret)
            message = _("Your password is changed. You were signed out everywhere else.")
            return done(message, url_for("accounts.account"))
    return page("accounts/change_password.html", form=form)


@blueprint.route("/account/email", methods=["GET", "POST"])
@requires(recent_proof=True)
def change_email() -> ResponseReturnValue:
    """Ask for a link that proves my new address."""
    form = ChangeEmailForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.ask_for_new_email(actor=current_actor(), email=form.email.data)
            return redirect(url_for("accounts.check_your_mail"), 303)
    return page("accounts/change_email.html", form=form)


@blueprint.route("/account/email/<token>", methods=["GET", "POST"])
@requires(recent_proof=True)
def confirm_new_email(token: str) -> ResponseReturnValue:
    """Take the new address by its link."""
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            carry(service.change_email(token, current_user.token, actor=current_actor()))
            return done(_("Your new e-mail address is in use from now on."), url_for("accounts.account"))
    return page("accounts/confirm_new_email.html", form=form)


@blueprint.get("/account/sessions")
@requires()
def sessions() -> ResponseReturnValue:
    """Where I am signed in."""
    open_sessions = queries.open_sessions(current_user.actor.person_id)
    return page("accounts/sessions.html", sessions=open_sessions, own_hash=hashed(current_user.token))


@blueprint.post("/account/sessions/<uuid:session_id>/end")
@requires()
def end_session(session_id: UUID) -> ResponseReturnValue:
    """Sign me out on one device."""
    service.end_session(session_id, actor=current_actor())
    return done(_("That session has ended."), url_for("accounts.sessions"))


@blueprint.post("/account/sessions/end-others")
@requires()
def end_other_sessions() -> ResponseReturnValue:
    """Sign me out everywhere but here."""
    service.end_all_sessions(current_user.actor.person_id, but=current_user.token)
    return done(_("You are signed out everywhere else."), url_for("accounts.sessions"))
