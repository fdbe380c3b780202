"""The pages in front of the door: sign-up, confirmation, sign-in, forgotten password, invitation."""

from uuid import UUID

from flask import redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, logout_user

from marketplace.accounts import limits, queries, service
from marketplace.accounts.forms import (
    ConfirmEmailForm,
    EmailForm,
    InvitedForm,
    NewPasswordForm,
    SignInForm,
    SignUpForm,
    TakeBackForm,
)
from marketplace.accounts.models import Person
from marketplace.accounts.service import tokens
from marketplace.accounts.states import PersonStatus, TokenPurpose
from marketplace.accounts.views.blueprint import blueprint, counters, enter, mail_arrives, own_address, settings
from marketplace.core.auth import current_actor, public, requires
from marketplace.core.errors import DomainError
from marketplace.core.forms import ConfirmForm
from marketplace.core.i18n import _, locale
from marketplace.core.web import done, page


@blueprint.route("/account/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """Sign in with address and password."""
    following = own_address(request.args.get("next"))
    form = SignInForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            person = service.sign_in(form.email.data, form.password.data, address=_address(), store=counters())
            check_second_factor()
            if not person.may_sign_in:
                service.send_confirmation(person)
                return redirect(url_for("accounts.check_your_mail"), 303)
            return enter(person, following=following)
    return page("accounts/sign_in.html", form=form, following=following)


def check_second_factor() -> None:
    """The step of the second factor: until it is built, an installation that requires one lets nobody in."""
    if settings().require_second_factor:
        raise DomainError(_("This installation requires a second factor, which is not built yet."))


@blueprint.post("/account/sign-out")
@requires()
def sign_out() -> ResponseReturnValue:
    """End the session, in the database too."""
    service.sign_out(current_user.token)
    logout_user()
    session.clear()
    return redirect(url_for("reports.home"), 303)


@blueprint.route("/account/sign-up", methods=["GET", "POST"])
@public
def sign_up() -> ResponseReturnValue:
    """Open an account; the answer is the same whether or not the address is known."""
    form = SignUpForm(locale=locale())
    if form.validate_on_submit():
        with form.errors_to_fields():
            limits.check_mail(counters(), email=form.email.data, address=_address())
            service.register_person(form.email.data, form.name.data, form.password.data, locale=form.locale.data)
            return redirect(url_for("accounts.check_your_mail"), 303)
    return page("accounts/sign_up.html", form=form)


@blueprint.get("/account/check-your-mail")
@public
def check_your_mail() -> ResponseReturnValue:
    """Say that a link is on its way."""
    return page("accounts/check_your_mail.html", arrives=mail_arrives())


@blueprint.route("/account/confirm/<token>", methods=["GET", "POST"])
@public
def confirm_email(token: str) -> ResponseReturnValue:
    """Confirm the address with the mailed link and the password, and go in."""
    form = ConfirmEmailForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            check_second_factor()
            person = service.confirm_email(token, password=form.password.data)
            return enter(person, following=None)
    return page("accounts/confirm_email.html", form=form)


@blueprint.route("/account/forgotten-password", methods=["GET", "POST"])
@public
def forgotten_password() -> ResponseReturnValue:
    """Ask for a link to a new password; the answer is the same whether or not the address is known."""
    form = EmailForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            limits.check_mail(counters(), email=form.email.data, address=_address())
            service.ask_for_new_password(form.email.data)
            return redirect(url_for("accounts.check_your_mail"), 303)
    return page("accounts/forgotten_password.html", form=form)


@blueprint.route("/account/new-password/<token>", methods=["GET", "POST"])
@public
def new_password(token: str) -> ResponseReturnValue:
    """Set a new password with the mailed link."""
    form = NewPasswordForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.reset_password(token, password=form.password.data)
            return done(_("Your new password is set. Sign in with it."), url_for("accounts.sign_in"))
    return page("accounts/new_password.html", form=form)


@blueprint.route("/account/take-back/<token>", methods=["GET", "POST"])
@public
def take_back(token: str) -> ResponseReturnValue:
    """Take back a change of e-mail address or password that wasn't mine, and choose a new password."""
    form = TakeBackForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            limits.check_sign_in(counters(), email=f"take-back:{token}", address=_address())
            secret = service.take_back(token, password=form.password.data)
            message = _("The change is taken back, and everybody is signed out. Choose a new password now.")
            return done(message, url_for("accounts.new_password", token=secret))
    return page("accounts/take_back.html", form=form)


@blueprint.route("/account/invitation/<token>", methods=["GET", "POST"])
@public
def invitation(token: str) -> ResponseReturnValue:
    """Accept an invitation: signed in with one's own account, or by opening one."""
    issued = tokens.find(TokenPurpose.INVITATION, token)
    if issued is None:
        return page("accounts/_link_expired.html", withdrawn=tokens.was_withdrawn(token))
    owner = queries.find_person_by_email(issued.data["email"])
    disabled = owner is not None and owner.status == PersonStatus.DISABLED
    organisation = queries.get_organisation(UUID(issued.data["organisation_id"]))
    signed_in = current_actor().person_id is not None
    form = ConfirmForm() if signed_in else InvitedForm(locale=locale())
    known = owner is not None and owner.may_sign_in
    if (signed_in or not known) and form.validate_on_submit():
        with form.errors_to_fields():
            return _join(token, form)
    return page(
        "accounts/invitation.html",
        form=form,
        invited=issued.data,
        organisation=organisation,
        signed_in=signed_in,
        known=known,
        disabled=disabled,
        own_address=request.path,
    )


def _join(token: str, form: ConfirmForm | InvitedForm) -> ResponseReturnValue:
    if isinstance(form, ConfirmForm):
        service.accept_invitation(token, actor=current_actor())
        return done(_("You have joined. Choose in which role you act."), url_for("accounts.choose_role"))
    person: Person = service.accept_invitation_as_new(
        token, name=form.name.data, password=form.password.data, locale=form.locale.data
    )
    return enter(person, following=None)


def _address() -> str:
    return request.remote_addr or ""
