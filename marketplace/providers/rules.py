"""Who may register, approve, sign and bid: pure rules over loaded rows."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from marketplace.core import account_numbers
from marketplace.core.account_numbers import AccountScheme
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid, NotFound, Words, explain
from marketplace.core.i18n import _
from marketplace.providers import ethics_code, training
from marketplace.providers.models import Consultant, Provider
from marketplace.providers.states import ProviderStatus

OBSTACLES: dict[str, Words] = {
    "provider_not_approved": _("The firm is not in the register."),
    "not_with_the_firm": _("This consultant does not belong to the firm."),
    "not_pledged": _("This consultant has not signed this year's code of ethics."),
    "not_trained": _("This consultant lacks a required training course, or it has expired."),
}

explain(
    {
        "pk_providers": _("This firm has already applied."),
        "uq_consultants_person_id": _("This person is already in the register of consultants."),
        "uq_affiliations_open": _("This consultant still belongs to a firm."),
        "uq_pledges_consultant_id_season": _("You have already signed the code of ethics for this year."),
        "uq_training_records_consultant_id_course_passed_on": _("This course is already recorded for that day."),
        "uq_bank_accounts_proposed": _("A new account is already waiting for approval."),
        "ck_providers_four_eyes": _("Somebody else must approve this registration."),
        "ck_bank_accounts_four_eyes": _("Somebody else must approve this account."),
    }
)


def check_manages(actor: Actor, provider_id: UUID | None) -> None:
    """A manager acts for their own firm; another firm is not there for them."""
    if actor.role is not Role.MANAGER:
        raise Forbidden()
    if actor.organisation_id != provider_id:
        raise NotFound()


def check_role(actor: Actor, *roles: Role) -> None:
    """Only these roles may do this."""
    if actor.role not in roles:
        raise Forbidden()


def check_another_person(actor: Actor, maker: UUID, message: Words) -> None:
    """Nobody approves what they made."""
    if actor.person_id == maker:
        raise DomainError(message, status=409)


def check_account_number(scheme: AccountScheme, typed: str) -> str:
    """The account's identifier as it is stored; refused unless it can be one."""
    identifier = account_numbers.normalise(scheme, typed)
    if identifier is None:
        raise Invalid(_("This is not a valid account number. Check the digits."), field="identifier")
    return identifier


def is_dormant(provider: Provider, now: datetime, *, after: timedelta) -> bool:
    """True after so long in the register without work."""
    since = provider.last_worked_at or provider.restored_at or provider.approved_at
    return since is not None and now - since > after


def find_obstacle(consultant: Consultant, provider_id: UUID, on: date) -> str | None:
    """Why this consultant can't be named by this provider on that day (a key of OBSTACLES), or None."""
    if consultant.provider_id != provider_id:
        return "not_with_the_firm"
    if ethics_code.season(on) not in {pledge.season for pledge in consultant.pledges}:
        return "not_pledged"
    valid = {record.course for record in consultant.training if record.passed_on <= on <= record.expires_on}
    return "not_trained" if set(training.required()) - valid else None


def check_may_bid(provider: Provider, consultants: Sequence[Consultant], on: date) -> None:
    """An approved firm bids with its own consultants who have pledged and hold the required training that day."""
    if provider.status != ProviderStatus.APPROVED:
        raise DomainError(OBSTACLES["provider_not_approved"])
    if not consultants:
        raise Invalid(_("Name at least one consultant."), field="consultants")
    for consultant in consultants:
        obstacle = find_obstacle(consultant, provider.id, on)
        if obstacle:
            raise Invalid(
                _("%(name)s can't be named: %(why)s", name=consultant.name, why=OBSTACLES[obstacle]),
                field="consultants",
            )
