"""The pages of a firm's manager: registration, profile, account and consultants."""

from uuid import UUID

from flask import abort, url_for
from flask.typing import ResponseReturnValue

from config import lists
from marketplace.accounts import queries as accounts
from marketplace.core import account_numbers, clock
from marketplace.core.account_numbers import AccountScheme
from marketplace.core.actors import PROVIDER, Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.forms import ConfirmForm
from marketplace.core.i18n import _
from marketplace.core.web import done, page
from marketplace.providers import ethics_code, queries, service
from marketplace.providers.forms import (
    AccountForm,
    ApplyAgainForm,
    ApplyForm,
    ConsultantForm,
    ProfileForm,
    account_details,
)
from marketplace.providers.models import Provider
from marketplace.providers.states import BANK_ACCOUNT
from marketplace.providers.states import PROVIDER as LIFECYCLE
from marketplace.providers.views.blueprint import blueprint, service_words, standing, words


@blueprint.get("/providers/registration")
@requires(Role.MANAGER)
def registration() -> ResponseReturnValue:
    """How my firm stands in the register, and what to do next."""
    actor = current_actor()
    provider = queries.find_provider(actor.organisation_id)
    if provider is None:
        return page("providers/registration_start.html")
    consultants = queries.consultants_of(provider.id)
    entered = {consultant.person_id for consultant in consultants}
    today = clock.today()
    season = ethics_code.season(today)
    return page(
        "providers/registration.html",
        provider=provider,
        lifecycle=LIFECYCLE,
        services=service_words(provider.service_lines),
        sectors=words(provider.sectors, lists.sectors()),
        regions=words(provider.regions, lists.regions()),
        consultants=[(consultant, standing(consultant, today)) for consultant in consultants],
        unpledged=[row.name for row in consultants if season not in {pledge.season for pledge in row.pledges}],
        people=[person for person in accounts.people_of(provider.id, PROVIDER) if person.id not in entered],
        bank_accounts=queries.bank_accounts_of(provider.id),
        masked=account_numbers.masked,
        account_lifecycle=BANK_ACCOUNT,
    )


@blueprint.route("/providers/registration/apply", methods=["GET", "POST"])
@requires(Role.MANAGER)
def apply() -> ResponseReturnValue:
    """Apply for the register of consulting firms."""
    actor = current_actor()
    form = ApplyForm(scheme=AccountScheme.OTHER, languages=["ko"])
    if form.validate_on_submit() and actor.organisation_id:
        with form.errors_to_fields():
            service.register_provider(
                actor.organisation_id,
                actor=actor,
                profile=form.profile,
                account=account_details(form),
                document=form.file.data,
            )
            return done(_("Your application was received. An officer checks it."), url_for("providers.registration"))
    return page("providers/apply.html", form=form)


@blueprint.route("/providers/registration/profile", methods=["GET", "POST"])
@requires(Role.MANAGER)
def change_profile() -> ResponseReturnValue:
    """Change what my firm says of itself."""
    provider = _own()
    introduction = {f"introduction_{code}": text for code, text in provider.introduction.items()}
    form = ProfileForm(obj=provider, data=introduction)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.change_profile(provider.id, actor=current_actor(), profile=form.profile)
            return done(_("The profile is saved."), url_for("providers.registration"))
    return page("providers/change_profile.html", form=form)


@blueprint.route("/providers/registration/again", methods=["GET", "POST"])
@requires(Role.MANAGER)
def apply_again() -> ResponseReturnValue:
    """Hand in a refused registration once more."""
    provider = _own()
    form = ApplyAgainForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.apply_again(provider.id, actor=current_actor(), document=form.file.data)
            return done(_("Your application was received. An officer checks it."), url_for("providers.registration"))
    return page("providers/apply_again.html", form=form)


@blueprint.route("/providers/registration/account", methods=["GET", "POST"])
@requires(Role.MANAGER, recent_proof=True)
def propose_account() -> ResponseReturnValue:
    """Ask for payment to another account."""
    provider = _own()
    form = AccountForm(scheme=AccountScheme.OTHER)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.propose_bank_account(provider.id, actor=current_actor(), details=form.details)
            return done(_("A budget officer checks the new account first."), url_for("providers.registration"))
    return page("providers/propose_account.html", form=form)


@blueprint.route("/providers/registration/people/<uuid:person_id>", methods=["GET", "POST"])
@requires(Role.MANAGER)
def enter_consultant(person_id: UUID) -> ResponseReturnValue:
    """Enter one of my people in the register of consultants."""
    provider = _own()
    people = {person.id: person for person in accounts.people_of(provider.id, PROVIDER)}
    if person_id not in people:
        abort(404)
    form = ConsultantForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.register_consultant(person_id, actor=current_actor(), **form.facts)
            return done(_("The consultant is in the register."), url_for("providers.registration"))
    return page("providers/enter_consultant.html", form=form, person=people[person_id])


@blueprint.route("/consultants/<uuid:consultant_id>/leave", methods=["GET", "POST"])
@requires(Role.MANAGER)
def end_affiliation(consultant_id: UUID) -> ResponseReturnValue:
    """Let a consultant leave my firm."""
    consultant = queries.get_consultant(consultant_id, actor=current_actor())
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.end_affiliation(consultant_id, actor=current_actor())
            return done(_("The consultant no longer belongs to your firm."), url_for("providers.registration"))
    return page("providers/end_affiliation.html", form=form, consultant=consultant)


def _own() -> Provider:
    """The firm of this manager; 404 before it applied."""
    provider = queries.find_provider(current_actor().organisation_id)
    if provider is None:
        abort(404)
    return provider
