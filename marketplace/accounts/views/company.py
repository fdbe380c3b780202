"""The pages on which a company or firm registers and names its people."""

from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from config import lists
from marketplace.accounts import invitations, queries, service
from marketplace.accounts.forms import (
    CompanyForm,
    InviteToCompanyForm,
    RegisterCompanyForm,
    RoleForm,
    roles_of,
)
from marketplace.accounts.rules import INVITERS
from marketplace.accounts.states import MEMBERSHIP, OrganisationKind
from marketplace.accounts.views.blueprint import blueprint, carry, invited
from marketplace.core.actors import PROVIDER, SME, Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.forms import ConfirmForm
from marketplace.core.i18n import _, locale
from marketplace.core.web import done, page

REGISTERED = {
    OrganisationKind.SME: _("Your company is registered. You are its signatory. Next you can apply for a voucher."),
    OrganisationKind.PROVIDER: _("Your firm is registered. You are its manager. Next apply for the register of firms."),
}
FACTS = ("address", "phone", "email")


@blueprint.route("/companies/new/<any(sme, provider):kind>", methods=["GET", "POST"])
@requires()
def register_company(kind: str) -> ResponseReturnValue:
    """Register my company or consulting firm by its business number; I act for it at once."""
    form, asked = RegisterCompanyForm(), OrganisationKind(kind)
    if form.validate_on_submit():
        with form.errors_to_fields():
            facts = {name: field.data for name, field in form._fields.items() if name not in ("key", "csrf_token")}
            company = service.register_company(current_actor(), kind=asked, **facts)
            mine = next(m for m in queries.memberships_in(company.id) if m.person_id == current_user.actor.person_id)
            carry(service.switch_role(current_user.token, mine.id, actor=current_actor()))
            return done(REGISTERED[asked], url_for("reports.home"))
    return page("accounts/register_company.html", form=form, kind=kind)


@blueprint.get("/companies/mine")
@requires(*SME, *PROVIDER)
def company() -> ResponseReturnValue:
    """My company and who acts for it."""
    organisation = queries.get_organisation(current_user.actor.organisation_id)
    return page(
        "accounts/company.html",
        company=organisation,
        sector=lists.sectors().get(organisation.sector or ""),
        region=lists.regions().get(organisation.region or ""),
        memberships=queries.memberships_in(organisation.id),
        invitations=invitations.open_in(organisation.id) if current_user.actor.role in INVITERS else [],
        lifecycle=MEMBERSHIP,
    )


@blueprint.route("/companies/mine/change", methods=["GET", "POST"])
@requires(Role.SIGNATORY, Role.MANAGER)
def change_company() -> ResponseReturnValue:
    """Correct the facts of my company."""
    form = CompanyForm(obj=queries.get_organisation(current_user.actor.organisation_id))
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.change_company(actor=current_actor(), **{name: form[name].data for name in FACTS})
            return done(_("The facts of your company are saved."), url_for("accounts.company"))
    return page("accounts/change_company.html", form=form)


@blueprint.route("/companies/mine/people/invite", methods=["GET", "POST"])
@requires(Role.SIGNATORY, Role.MANAGER)
def invite_person() -> ResponseReturnValue:
    """Invite somebody by mail to act for my company."""
    form = InviteToCompanyForm(locale=locale())
    form.offer(_own_roles())
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.invite(
                form.email.data,
                actor=current_actor(),
                role=Role(form.role.data),
                locale=form.locale.data,
                mandate=form.mandate.data or None,
                valid_until=form.valid_until.data,
            )
            return done(invited(form.email.data), url_for("accounts.company"))
    return page("accounts/invite_person.html", form=form, helpers=current_user.actor.role in SME)


@blueprint.route("/invitations/<uuid:invitation_id>/withdraw", methods=["GET", "POST"])
@requires(*INVITERS)
def withdraw_invitation(invitation_id: UUID) -> ResponseReturnValue:
    """Take back an invitation to my company, firm or agency."""
    actor = current_actor()
    invitation, form = invitations.get(invitation_id, actor=actor), ConfirmForm()
    back = url_for("accounts.people" if actor.role is Role.ADMINISTRATOR else "accounts.company")
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.withdraw_invitation(invitation_id, actor=actor)
            return done(_("The invitation is withdrawn. Its link lets nobody in any more."), back)
    return page("accounts/withdraw_invitation.html", form=form, invited=invitation.data, back=back)


@blueprint.route("/companies/mine/people/<uuid:membership_id>/role", methods=["GET", "POST"])
@requires(Role.SIGNATORY, Role.MANAGER)
def change_role(membership_id: UUID) -> ResponseReturnValue:
    """Give one of my people another role."""
    membership = queries.get_membership(membership_id, actor=current_actor())
    form = RoleForm(role=membership.role)
    form.offer([role for role in _own_roles() if role != Role.HELPER])
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.change_role(membership_id, Role(form.role.data), actor=current_actor())
            return done(_("The role is changed."), url_for("accounts.company"))
    return page("accounts/change_role.html", form=form, membership=membership)


@blueprint.route("/companies/mine/people/<uuid:membership_id>/end", methods=["GET", "POST"])
@requires(Role.SIGNATORY, Role.MANAGER)
def end_membership(membership_id: UUID) -> ResponseReturnValue:
    """Let somebody no longer act for my company."""
    membership = queries.get_membership(membership_id, actor=current_actor())
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.end_membership(membership_id, actor=current_actor())
            return done(_("The role has ended."), url_for("accounts.company"))
    return page("accounts/end_membership.html", form=form, membership=membership)


def _own_roles() -> list[str]:
    return roles_of(OrganisationKind.SME if current_user.actor.role in SME else OrganisationKind.PROVIDER)
