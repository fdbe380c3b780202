"""The pages on which the agency says who it is and where it is paid; each change is two people's."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, send_file, url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts import queries as accounts
from marketplace.agency import queries, rules, service
from marketplace.agency.forms import (
    AgencyAccountForm,
    DecisionForm,
    FunderChangeForm,
    FunderForm,
    ProfileForm,
    WithdrawForm,
)
from marketplace.agency.models import AgencyAccount, AgencyProfile, Edition, Funder, FunderEdition
from marketplace.agency.states import EDITION, FunderKind
from marketplace.core import files, seen
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, public, requires
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.i18n import Text, _, day
from marketplace.core.web import done, page

blueprint = Blueprint("agency", __name__)
READERS = (Role.ADMINISTRATOR, Role.BUDGET_OFFICER, Role.AUDITOR)
PROPOSED = {
    Role.ADMINISTRATOR: _("Proposed. It takes effect when another administrator confirms it."),
    Role.BUDGET_OFFICER: _("Proposed. It takes effect when another budget officer confirms it."),
}

seen.declare(
    blueprint,
    rows={
        "profile_id": AgencyProfile,
        "agency_account_id": AgencyAccount,
        "funder_id": Funder,
        "edition_id": FunderEdition,
    },
    nothing={
        "profile_new": "proposes an edition beside the one in force",
        "funder_new": "proposes a new funder",
        "account_new": "proposes an edition beside the one in force",
    },
)


@blueprint.get("/agency")
@requires(*READERS)
def overview() -> ResponseReturnValue:
    """What is in force, what waits for a second person, and what was before."""
    profiles, bank_accounts = queries.editions(AgencyProfile), queries.editions(AgencyAccount)
    return page(
        "agency/overview.html",
        profile=queries.in_force(AgencyProfile),
        account=queries.in_force(AgencyAccount),
        proposed_profile=queries.proposed(AgencyProfile),
        proposed_account=queries.proposed(AgencyAccount),
        profiles=profiles,
        accounts=bank_accounts,
        names=names_of([*profiles, *bank_accounts]),
        lifecycle=EDITION,
        is_made_up=rules.is_made_up,
    )


@blueprint.route("/agency/profile/new", methods=["GET", "POST"])
@requires(Role.ADMINISTRATOR)
def profile_new() -> ResponseReturnValue:
    """Propose how the agency is called and reached."""
    now = queries.in_force(AgencyProfile)
    form = ProfileForm(data=_typed(now))
    if form.validate_on_submit():
        with form.errors_to_fields():
            made = service.propose_profile(
                actor=current_actor(),
                name=form.name,
                address=form.address,
                help_email=form.help_email.data,
                valid_from=form.valid_from.data,
                picture=(form.file.data.stream, form.file.data.filename) if form.file.data else None,
                keep_logo=not form.without_logo.data,
            )
            return done(PROPOSED[Role.ADMINISTRATOR], url_for(".profile", profile_id=made.id))
    return page("agency/profile_new.html", form=form, now=now)


@blueprint.route("/agency/accounts/new", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER, recent_proof=True)
def account_new() -> ResponseReturnValue:
    """Propose the agency's bank account."""
    now = queries.in_force(AgencyAccount)
    form = AgencyAccountForm(data={"holder": now.holder, "bank": now.bank} if now else None)
    if form.validate_on_submit():
        with form.errors_to_fields():
            made = service.propose_account(
                actor=current_actor(),
                holder=form.holder.data,
                number=form.number.data,
                bank=form.bank.data,
                valid_from=form.valid_from.data,
            )
            return done(PROPOSED[Role.BUDGET_OFFICER], url_for(".account", agency_account_id=made.id))
    return page("agency/account_new.html", form=form, now=now)


@blueprint.route("/agency/profiles/<uuid:profile_id>", methods=["GET", "POST"])
@requires(Role.ADMINISTRATOR)
def profile(profile_id: UUID) -> ResponseReturnValue:
    """A proposed profile beside the one in force, to confirm or refuse."""
    return decide(AgencyProfile, profile_id, "agency/profile.html", back=url_for(".overview"))


@blueprint.route("/agency/accounts/<uuid:agency_account_id>", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER, recent_proof=True)
def account(agency_account_id: UUID) -> ResponseReturnValue:
    """A proposed account beside the one in force, to confirm or refuse."""
    return decide(AgencyAccount, agency_account_id, "agency/account.html", back=url_for(".overview"))


@blueprint.get("/funders")
@requires(Role.BUDGET_OFFICER, Role.PROGRAMME_OFFICER, Role.ADMINISTRATOR, Role.AUDITOR)
def funder_list() -> ResponseReturnValue:
    """Who gives money, what waits for a second person, and what was before."""
    editions = queries.editions(FunderEdition)
    names = names_of(editions)
    return page("agency/funder_list.html", editions=editions, names=names, lifecycle=EDITION)


@blueprint.route("/funders/new", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def funder_new() -> ResponseReturnValue:
    """Propose a funder."""
    form = FunderForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            made = service.propose_funder(
                actor=current_actor(),
                kind=FunderKind(form.kind.data),
                name=form.name,
                valid_from=form.valid_from.data,
            )
            return done(PROPOSED[Role.BUDGET_OFFICER], url_for(".funder_edition", edition_id=made.id))
    return page("agency/funder_new.html", form=form)


@blueprint.route("/funders/<uuid:funder_id>/change", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def funder_change(funder_id: UUID) -> ResponseReturnValue:
    """Propose another name of a funder, or that new programmes no longer name it."""
    funder = queries.get_funder(funder_id)
    now = queries.in_force(FunderEdition, FunderEdition.funder_id == funder_id)
    if now is None:
        raise NotFound()
    form = FunderChangeForm(data={"name_ko": now.name["ko"], "name_en": now.name["en"], "gives": now.gives})
    form.shows(now.id)
    if form.validate_on_submit():
        with form.errors_to_fields():
            made = service.propose_funder_change(
                funder_id,
                actor=current_actor(),
                name=form.name,
                gives=form.gives.data,
                valid_from=form.valid_from.data,
            )
            return done(PROPOSED[Role.BUDGET_OFFICER], url_for(".funder_edition", edition_id=made.id))
    return page("agency/funder_change.html", form=form, funder=funder)


@blueprint.route("/funders/editions/<uuid:edition_id>", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def funder_edition(edition_id: UUID) -> ResponseReturnValue:
    """A proposed funder, or a change of one, to confirm or refuse."""
    return decide(FunderEdition, edition_id, "agency/funder_edition.html", back=url_for(".funder_list"))


def decide(model: type[Edition], edition_id: UUID, template: str, *, back: str) -> ResponseReturnValue:
    """The page on which a second person confirms or refuses an edition, and its author takes it back."""
    edition, actor = queries.get(model, edition_id), current_actor()
    now = queries.in_force(model, *queries.same_as(edition))
    own = edition.proposed_by == actor.person_id
    form: Any = WithdrawForm() if own else DecisionForm()
    form.shows(now and now.id)
    if form.validate_on_submit():
        with form.errors_to_fields():
            if not own and form.decision.data == "confirm":
                made = service.confirm(model, edition_id, actor=actor)
                return done(_("Confirmed. It counts from %(day)s.", day=day(made.valid_from)), back)
            if not form.reason.data:
                raise Invalid(_("Say why, for who proposed it."), field="reason")
            service.refuse(model, edition_id, actor=actor, reason=form.reason.data)
            return done(_("Taken back.") if own else _("Refused. What is in force stays."), back)
    names = names_of([edition])
    return page(template, form=form, edition=edition, now=now, own=own, names=names, back=back, lifecycle=EDITION)


@blueprint.get("/agency/logo/<uuid:file_id>")
@public
def logo(file_id: UUID) -> Response:
    """The logo as a picture; its address changes with it, so browsers may keep it."""
    picture = queries.logo(file_id, actor=current_actor())
    if picture is None or not files.path(picture).exists():
        raise NotFound()
    response = send_file(files.path(picture), mimetype=picture.media_type)
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response


@blueprint.app_context_processor
def _for_every_page() -> dict[str, Any]:
    """A function, so that pages without a header (errors) ask for nothing."""
    return {"agency_face": queries.face}


def names_of(editions: Sequence[Any]) -> Mapping[UUID | None, str]:
    """Who proposed and decided them, by person."""
    people = {person for edition in editions for person in (edition.proposed_by, edition.decided_by) if person}
    names: dict[UUID | None, str] = {None: str(_("Installation"))}
    for person, name in accounts.names(people).items():
        names[person] = name
    return names


def _typed(profile: AgencyProfile | None) -> dict[str, Any] | None:
    if profile is None:
        return None
    name: Text = profile.name
    address: Text = profile.address
    words = {f"name_{locale}": text for locale, text in name.items()}
    words |= {f"address_{locale}": text for locale, text in address.items()}
    return {**words, "help_email": profile.help_email}
