"""The administrators' pages about people and roles."""

from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, func, select

from marketplace.accounts import invitations, queries, service
from marketplace.accounts.forms import ExportForm, GrantRoleForm, InviteForm, PeopleFilter, roles_of
from marketplace.accounts.models import AGENCY_ID, AccessEntry, Person
from marketplace.accounts.states import MEMBERSHIP, PERSON, OrganisationKind, PersonStatus
from marketplace.accounts.views.blueprint import blueprint, invited
from marketplace.core import db
from marketplace.core.actors import EVERYONE, ROLE_LABELS, Role
from marketplace.core.agency_name import acts_for
from marketplace.core.audit import record
from marketplace.core.auth import current_actor, requires
from marketplace.core.exports import export
from marketplace.core.forms import ConfirmForm, ReasonForm
from marketplace.core.i18n import _, locale
from marketplace.core.listings import in_order, paginate, sorts
from marketplace.core.web import done, page

SHOWN = (Person.id, Person.name, Person.email, Person.status, Person.created_at)
LOOK_SORTS = sorts("-at", AccessEntry.at, within=AccessEntry.subject_id)
SORTS = sorts("-created_at", Person.created_at, Person.name, Person.email)


@blueprint.get("/people")
@requires(Role.ADMINISTRATOR, Role.AUDITOR)
def people() -> ResponseReturnValue:
    """Everybody with an account, and the roles that wait for approval."""
    service.log_access(current_actor(), None, page="people", address=request.remote_addr or "")
    listing = paginate(_matching().with_only_columns(*SHOWN), sorts=SORTS, key=Person.id)
    return page(
        "accounts/people.html",
        listing=listing,
        roles=queries.roles_of_people(person.id for person in listing.items),
        proposed=queries.proposed_roles(),
        invitations=invitations.open_in(AGENCY_ID),
        lifecycle=PERSON,
        form=PeopleFilter(request.args),
    )


@blueprint.route("/people/export", methods=["GET", "POST"])
@requires(Role.ADMINISTRATOR)
def export_people() -> ResponseReturnValue:
    """Download the list of people, for a stated reason that is kept."""
    form = ExportForm(format="csv")
    if form.validate_on_submit():
        rows = in_order(
            _matching().with_only_columns(*SHOWN, queries.held_roles(Person.id).label("roles")), SORTS, key=Person.id
        )
        record(
            current_actor(),
            "people.export",
            ("people", UUID(int=0)),
            after={"rows": db.session.scalar(select(func.count()).select_from(_matching().subquery()))},
            reason=form.reason.data,
        )
        columns = [
            (_("Name"), lambda person: person.name),
            (_("E-mail address"), lambda person: person.email),
            (
                _("Roles"),
                lambda person: "; ".join(
                    f"{ROLE_LABELS[role]} ({acts_for(role, name)})" for role, name in person.roles or ()
                ),
            ),
            (_("Status"), lambda person: PERSON.label(person.status)),
            (_("Account since"), lambda person: person.created_at),
        ]
        return export(rows, columns, "people", _("People"), kind=form.format.data, most=None, at_once=True)
    return page("accounts/export_people.html", form=form)


@blueprint.get("/people/<uuid:person_id>")
@requires(Role.ADMINISTRATOR, Role.AUDITOR)
def person(person_id: UUID) -> ResponseReturnValue:
    """One person, their roles, and who looked at their data."""
    person = queries.get_person(person_id)
    service.log_access(current_actor(), person_id, page="person", address=request.remote_addr or "")
    return page(
        "accounts/person.html",
        person=person,
        memberships=queries.every_membership_of(person_id),
        looks=paginate(queries.access_entries(person_id), sorts=LOOK_SORTS, key=AccessEntry.id),
        person_lifecycle=PERSON,
        membership_lifecycle=MEMBERSHIP,
    )


@blueprint.route("/people/invite", methods=["GET", "POST"])
@requires(Role.ADMINISTRATOR, recent_proof=True)
def invite_staff() -> ResponseReturnValue:
    """Invite somebody to work for the agency; the role then waits for a second administrator."""
    form = InviteForm(locale=locale())
    form.offer(roles_of(OrganisationKind.AGENCY))
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.invite(form.email.data, actor=current_actor(), role=Role(form.role.data), locale=form.locale.data)
            return done(invited(form.email.data), url_for("accounts.people"))
    return page("accounts/invite_staff.html", form=form)


@blueprint.route("/people/<uuid:person_id>/roles/new", methods=["GET", "POST"])
@requires(Role.ADMINISTRATOR, recent_proof=True)
def propose_role(person_id: UUID) -> ResponseReturnValue:
    """Propose a role of the agency for a person."""
    person = queries.get_person(person_id)
    form = GrantRoleForm()
    form.offer(roles_of(OrganisationKind.AGENCY))
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.propose_role(
                person_id, Role(form.role.data), actor=current_actor(), valid_until=form.valid_until.data
            )
            message = _("The role is proposed. It takes effect when a second administrator approves it.")
            return done(message, url_for("accounts.person", person_id=person_id))
    return page("accounts/propose_role.html", form=form, person=person)


@blueprint.route("/people/roles/<uuid:membership_id>/approve", methods=["GET", "POST"])
@requires(Role.ADMINISTRATOR, recent_proof=True)
def approve_role(membership_id: UUID) -> ResponseReturnValue:
    """Approve a role that another administrator proposed."""
    membership = queries.get_membership(membership_id)
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.approve_role(membership_id, actor=current_actor())
            return done(_("The role is in effect."), url_for("accounts.people"))
    return page("accounts/approve_role.html", form=form, membership=membership, names=_granter(membership.granted_by))


@blueprint.route("/people/roles/<uuid:membership_id>/refuse", methods=["GET", "POST"])
@requires(Role.ADMINISTRATOR, recent_proof=True)
def refuse_role(membership_id: UUID) -> ResponseReturnValue:
    """Refuse a proposed role, with a reason."""
    membership = queries.get_membership(membership_id)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.refuse_role(membership_id, actor=current_actor(), reason=form.reason.data)
            return done(_("The role is refused."), url_for("accounts.people"))
    return page("accounts/refuse_role.html", form=form, membership=membership)


@blueprint.route("/people/roles/<uuid:membership_id>/end", methods=["GET", "POST"])
@requires(Role.ADMINISTRATOR, recent_proof=True)
def end_role(membership_id: UUID) -> ResponseReturnValue:
    """End a role of the agency, with a reason."""
    membership = queries.get_membership(membership_id)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.end_membership(membership_id, actor=current_actor(), reason=form.reason.data)
            return done(_("The role has ended."), url_for("accounts.person", person_id=membership.person_id))
    return page("accounts/end_role.html", form=form, membership=membership)


@blueprint.route("/people/<uuid:person_id>/disable", methods=["GET", "POST"])
@requires(Role.ADMINISTRATOR, recent_proof=True)
def disable_person(person_id: UUID) -> ResponseReturnValue:
    """Shut an account and end its sessions."""
    person = queries.get_person(person_id)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.disable_person(person_id, actor=current_actor(), reason=form.reason.data)
            return done(_("The account is disabled."), url_for("accounts.person", person_id=person_id))
    return page("accounts/disable_person.html", form=form, person=person)


@blueprint.route("/people/<uuid:person_id>/restore", methods=["GET", "POST"])
@requires(Role.ADMINISTRATOR, recent_proof=True)
def restore_person(person_id: UUID) -> ResponseReturnValue:
    """Open a disabled account again."""
    person = queries.get_person(person_id)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.restore_person(person_id, actor=current_actor(), reason=form.reason.data)
            return done(_("The account can be used again."), url_for("accounts.person", person_id=person_id))
    return page("accounts/restore_person.html", form=form, person=person)


def _matching() -> Select[Person]:
    return queries.people(
        search=request.args.get("search", "")[:100],
        role=next((role for role in EVERYONE if role == request.args.get("role")), None),
        status=PersonStatus.of(request.args.get("status")),
    )


def _granter(person_id: UUID | None) -> dict[UUID, str]:
    return queries.names([person_id])
