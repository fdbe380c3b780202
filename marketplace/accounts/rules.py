"""What a person may do to people, memberships and passwords; pure, raises DomainError."""

from collections.abc import Iterable
from datetime import date, timedelta

from config.passwords import rule as password_rule
from marketplace.accounts import business_number, passwords
from marketplace.accounts.models import Membership, Person
from marketplace.accounts.states import OrganisationKind, PersonStatus
from marketplace.core import agency_name, clock
from marketplace.core.actors import AGENCY, PROVIDER, SME, Actor, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid, explain
from marketplace.core.i18n import _

KIND_ROLES = {OrganisationKind.SME: SME, OrganisationKind.PROVIDER: PROVIDER, OrganisationKind.AGENCY: AGENCY}
# What the person is who registers it, and who signs for it.
FIRST_ROLE = {OrganisationKind.SME: Role.SIGNATORY, OrganisationKind.PROVIDER: Role.MANAGER}
# Nothing waits for these yet, so they are offered to nobody.
WITHOUT_WORK = frozenset({Role.ENQUIRY_SPECIALIST})
LONGEST_MANDATE_DAYS = 366
PROOF_LASTS = timedelta(minutes=10)
"""How long who has shown who they are isn't asked again."""
INVITERS = (Role.SIGNATORY, Role.MANAGER, Role.ADMINISTRATOR)
WEAK = {
    passwords.Weakness.COMMON: _(
        "This password stands in stolen lists, so it is tried first. Choose another: four words that have nothing to do"
        " with each other are good."
    ),
    passwords.Weakness.OWN_WORDS: _(
        "This password is built from a name or address: yours, your company's or the agency's. Choose words that have"
        " nothing to do with you."
    ),
    passwords.Weakness.KOREAN_KEYS: _(
        "On a Korean keyboard these keys spell words that are easy to guess. Add words that have nothing to do with"
        " them."
    ),
    passwords.Weakness.EASY: _(
        "This password is easy to guess: it has common words, rows of keys, dates or repeats. Add words: four that have"
        " nothing to do with each other are good."
    ),
}
DISABLED = _("This account is disabled. Ask the agency to open it again, then try once more.")
REGISTERED = _(
    "This business number is already registered. Ask its signatory to invite you, or say that the company is yours."
)

explain(
    {
        "uq_people_email": _("This e-mail address is already in use."),
        "uq_organisations_business_number": REGISTERED,
        "uq_memberships_live": _("This person already has this role, or it waits for approval."),
        "ck_memberships_four_eyes": _(
            "Another administrator must approve the role. Nobody approves what they proposed."
        ),
        "ck_memberships_own_grant": _("Nobody can grant or approve a role for themselves."),
    }
)


def check_password(password: str, *, email: str, name: str, companies: Iterable[str] = ()) -> None:
    """A new password is long enough, in no list of common ones, and not easy to guess for who knows its owner."""
    rule = password_rule(clock.today())
    if len(password) < rule.shortest:
        raise Invalid(
            _("Use at least %(count)s characters. A sentence is easy to remember.", count=rule.shortest),
            field="password",
        )
    if len(password) > rule.longest:
        raise Invalid(_("Use at most %(count)s characters.", count=rule.longest), field="password")
    own_words = [email, email.partition("@")[0], name, *companies, *agency_name.every_name()]
    weakness = passwords.weakness(password, own_words, rule)
    if weakness is not None:
        raise Invalid(WEAK[weakness], field="password")


def check_not_disabled(person: Person) -> None:
    """A disabled account takes no password and no role; said to whoever has its password or reads its mail alone."""
    if person.status == PersonStatus.DISABLED:
        raise DomainError(DISABLED)


def check_business_number(typed: str) -> str:
    """The ten digits of a number whose check digit is right."""
    digits = business_number.normalise(typed)
    if digits is None:
        raise Invalid(_("Type the ten digits of the business number, such as 123-45-67890."), field="business_number")
    if not business_number.is_valid(digits):
        raise Invalid(
            _("The last digit does not fit the others. Compare the number with your registration certificate."),
            field="business_number",
        )
    return digits


def check_may_manage_people(actor: Actor) -> None:
    """People of a company are managed by its signatory, of a provider by its manager."""
    if actor.role not in (Role.SIGNATORY, Role.MANAGER):
        raise Forbidden()


def check_may_invite(actor: Actor) -> None:
    """Who invites people to their company, firm or the agency also takes invitations back."""
    if actor.role not in INVITERS:
        raise Forbidden()


def check_role_fits(role: Role, kind: OrganisationKind) -> None:
    """A role belongs to one kind of organisation."""
    if role not in KIND_ROLES[kind]:
        raise Invalid(_("This organisation has no such role."), field="role")


def check_mandate(role: Role, mandate: str | None, valid_until: date | None, *, today: date) -> None:
    """A helper from outside works under a named mandate that ends within a year; nobody else has one."""
    if role is not Role.HELPER:
        return
    if not mandate:
        raise Invalid(_("Say what the helper may do and for whom they work."), field="mandate")
    if valid_until is None or valid_until < today:
        raise Invalid(_("Give the last day of the mandate. It can't lie in the past."), field="valid_until")
    if (valid_until - today).days > LONGEST_MANDATE_DAYS:
        raise Invalid(_("A mandate lasts a year at most. You can give a new one then."), field="valid_until")


def check_keeps_signatory(membership: Membership, others: int) -> None:
    """A company always has a signatory, a provider a manager, the agency two administrators; `others` stay."""
    if membership.role in (Role.SIGNATORY, Role.MANAGER) and others == 0:
        raise DomainError(_("This is the last person who can sign for the organisation. Name another one first."))
    if membership.role == Role.ADMINISTRATOR and others < 2:
        raise DomainError(
            _("Two administrators must stay, as one approves what the other grants. Name another one first.")
        )


def check_needs_administrators(administrators: int) -> None:
    """Whoever runs the server invites the first two administrators, and nobody after them."""
    if administrators >= 2:
        raise DomainError(_("There are two administrators. They invite everybody else by pages."))


def check_may_propose_role(actor: Actor, person: Person) -> None:
    """Administrators propose roles of the agency, but never for themselves."""
    if actor.role not in (Role.ADMINISTRATOR, Role.SYSTEM):
        raise Forbidden()
    if actor.person_id == person.id:
        raise DomainError(_("Nobody can grant or approve a role for themselves."))


def check_may_approve_role(actor: Actor, membership: Membership) -> None:
    """A second administrator approves: neither who proposed the role nor who gets it."""
    if actor.role is not Role.ADMINISTRATOR:
        raise Forbidden()
    if actor.person_id == membership.granted_by:
        raise DomainError(_("Another administrator must approve the role. Nobody approves what they proposed."))
    if actor.person_id == membership.person_id:
        raise DomainError(_("Nobody can grant or approve a role for themselves."))
