"""A firm's registration and what higher areas tell about it."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Integer, Uuid, bindparam, update

from marketplace.accounts import queries as accounts_queries
from marketplace.accounts import service as accounts
from marketplace.accounts.states import OrganisationKind
from marketplace.core import clock, db, files
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.errors import DomainError, Forbidden
from marketplace.core.i18n import _
from marketplace.core.reasons import check_reason
from marketplace.providers import queries, rules
from marketplace.providers.models import AccountDetails, Profile, Provider, RecordedConflict
from marketplace.providers.service.bank_accounts import activate, add_account
from marketplace.providers.states import PROVIDER, ProviderStatus
from marketplace.verification import queries as verification_queries
from marketplace.verification import service as verification

CHANGE_LOAD = (
    update(Provider)
    .where(Provider.id == bindparam("firm", type_=Uuid))
    .values(
        load=Provider.load + bindparam("by", type_=Integer),
        last_worked_at=bindparam("now", type_=DateTime(timezone=True)),
    )
    .returning(Provider.load)
    .execution_options(synchronize_session=False)
)


def register_provider(
    organisation_id: UUID,
    *,
    actor: Actor,
    profile: Profile,
    account: AccountDetails,
    document: files.Upload | None = None,
) -> Provider:
    """Apply for the register, with the account to be paid to and the business registration; an officer decides."""
    rules.check_manages(actor, organisation_id)
    organisation = accounts_queries.get_organisation(organisation_id, lock=True)
    if organisation.kind != OrganisationKind.PROVIDER:
        raise Forbidden()
    if queries.find_provider(organisation_id):
        raise DomainError(_("This firm has already applied."))
    provider = Provider(
        id=organisation_id,
        name=organisation.name,
        submitted_by=actor.person_id,
        submitted_at=clock.now(),
        status=PROVIDER.initial,
        document=files.keep(document, actor=actor),
        **asdict(profile),
    )
    db.session.add(provider)
    db.flush()
    record(actor, "provider.apply", provider, after=_summary(profile))
    verification.hand_in_along(organisation_id, provider.document, actor=actor)
    add_account(organisation_id, actor=actor, details=account)
    return provider


def change_profile(provider_id: UUID, *, actor: Actor, profile: Profile) -> Provider:
    """Change what the firm says of itself; its standing in the register stays."""
    rules.check_manages(actor, provider_id)
    provider = queries.get_provider(provider_id, lock=True)
    if provider.status == ProviderStatus.REMOVED:
        raise DomainError(_("The firm was removed from the register."))
    provider.name = accounts_queries.get_organisation(provider_id).name
    for name, value in asdict(profile).items():
        setattr(provider, name, value)
    record(actor, "provider.change_profile", provider, after=_summary(profile))
    return provider


def apply_again(provider_id: UUID, *, actor: Actor, document: files.Upload | None = None) -> Provider:
    """Hand in a refused registration once more, after mending it; a new document takes the place of the old one."""
    rules.check_manages(actor, provider_id)
    provider = queries.get_provider(provider_id, lock=True)
    transition(provider, PROVIDER, "apply_again", actor=actor)
    assert actor.person_id is not None
    provider.submitted_by = actor.person_id
    provider.document = files.keep(document, actor=actor) or provider.document
    verification.hand_in_along(provider_id, provider.document, actor=actor)
    return provider


def approve_provider(provider_id: UUID, *, actor: Actor) -> Provider:
    """Enter the firm in the register and put its first account in use; never by the person who applied."""
    rules.check_role(actor, Role.PROGRAMME_OFFICER)
    provider = queries.get_provider(provider_id, lock=True)
    PROVIDER.move(provider.status, "approve")
    rules.check_another_person(actor, provider.submitted_by, _("Somebody else must approve this registration."))
    verification_queries.check_verified(provider_id, words=_("Verify the firm first, so nothing was approved."))
    provider.approved_by = actor.person_id
    transition(provider, PROVIDER, "approve", actor=actor)
    account = queries.proposed_bank_account(provider_id)
    if account is not None:
        activate(account, actor=actor)
    _tell(provider, "providers/approved")
    return provider


def refuse_provider(provider_id: UUID, *, actor: Actor, reason: str) -> Provider:
    """Turn a registration down, with the reason the firm reads; it may mend it and apply again."""
    rules.check_role(actor, Role.PROGRAMME_OFFICER)
    provider = queries.get_provider(provider_id, lock=True)
    check_reason(reason)
    transition(provider, PROVIDER, "refuse", actor=actor, reason=reason)
    _tell(provider, "providers/refused", reason=reason)
    return provider


def suspend_provider(provider_id: UUID, *, actor: Actor, reason: str) -> Provider:
    """Take the firm out of bidding for a time; running work goes on."""
    return _sanction(provider_id, "suspend", actor, reason)


def restore_provider(provider_id: UUID, *, actor: Actor, reason: str) -> Provider:
    """End a suspension."""
    return _sanction(provider_id, "restore", actor, reason)


def remove_provider(provider_id: UUID, *, actor: Actor, reason: str) -> Provider:
    """Take the firm out of the register for good."""
    return _sanction(provider_id, "remove", actor, reason)


def _sanction(provider_id: UUID, event: str, actor: Actor, reason: str) -> Provider:
    rules.check_role(actor, Role.ETHICS_OFFICER, Role.SYSTEM)
    provider = queries.get_provider(provider_id, lock=True)
    check_reason(reason)
    transition(provider, PROVIDER, event, actor=actor, reason=reason)
    _tell(provider, "providers/standing_changed", reason=reason, event=event)
    return provider


def set_grade(provider_id: UUID, value: int, count: int, provisional: bool, *, actor: Actor = SYSTEM) -> None:
    """Take over a published grade: its shrunk value 0-100, the number behind it, and whether it is provisional."""
    provider = queries.get_provider(provider_id, lock=True)
    provider.grade_value, provider.grade_count, provider.grade_provisional = value, count, provisional
    provider.grade_published_at = clock.now()
    record(actor, "provider.set_grade", provider, after={"value": value, "count": count, "provisional": provisional})


def change_load(provider_id: UUID, by: int, *, actor: Actor) -> None:
    """Count engagements that the firm has running: `by` is 1 when one begins and -1 when it ends.

    Added to what is there, so that of two at once neither is lost; that it works is remembered against dormancy.
    """
    load = db.session.scalar(CHANGE_LOAD, {"firm": provider_id, "by": by, "now": clock.now()})
    db.forget(Provider, provider_id)
    record(actor, "provider.change_load", (Provider.__tablename__, provider_id), after={"load": load})


def record_conflict(provider_id: UUID, organisation_id: UUID, reason: str, *, actor: Actor = SYSTEM) -> None:
    """Remember a conflict between a firm and an organisation; from now on it prevents an award. Once per pair."""
    queries.get_provider(provider_id, lock=True)
    if provider_id in queries.conflicting_providers(organisation_id):
        return
    conflict = RecordedConflict(
        provider_id=provider_id, organisation_id=organisation_id, reason=reason, recorded_at=clock.now()
    )
    db.session.add(conflict)
    db.flush()
    record(actor, "provider.record_conflict", conflict, reason=reason)


def _summary(profile: Profile) -> dict[str, Any]:
    return {key: value for key, value in asdict(profile).items() if key != "introduction"}


def _tell(provider: Provider, template: str, **data: str) -> None:
    accounts.notify_organisation(
        provider.id,
        [Role.MANAGER],
        template,
        key=f"{provider.id}:{clock.now().isoformat()}",
        firm=provider.name,
        **data,
    )
