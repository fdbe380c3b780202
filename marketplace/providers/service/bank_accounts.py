"""Bank accounts: proposed by the firm, put in use by somebody of the agency, and always told to the firm."""

from uuid import UUID

from marketplace.accounts import service as accounts
from marketplace.core import account_numbers, clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.errors import DomainError, Forbidden
from marketplace.core.i18n import _
from marketplace.providers import queries, rules
from marketplace.providers.models import AccountDetails, BankAccount
from marketplace.providers.states import BANK_ACCOUNT, ProviderStatus


def propose_bank_account(organisation_id: UUID, *, actor: Actor, details: AccountDetails) -> BankAccount:
    """Ask for payment to another account; nothing changes until a second person approves; the firm is told."""
    rules.check_manages(actor, organisation_id)
    queries.get_provider(organisation_id, lock=True)
    if queries.proposed_bank_account(organisation_id):
        raise DomainError(_("A new account is already waiting for approval."))
    account = add_account(organisation_id, actor=actor, details=details)
    _tell(account, "providers/bank_account_proposed")
    return account


def add_account(organisation_id: UUID, *, actor: Actor, details: AccountDetails) -> BankAccount:
    """Store a proposed account; the caller has locked the firm and checked the actor."""
    if actor.person_id is None:
        raise Forbidden()
    account = BankAccount(
        organisation_id=organisation_id,
        scheme=details.scheme,
        identifier=rules.check_account_number(details.scheme, details.identifier),
        bank_name=details.bank_name,
        holder_name=details.holder_name,
        proposed_by=actor.person_id,
        proposed_at=clock.now(),
        status=BANK_ACCOUNT.initial,
    )
    db.session.add(account)
    db.flush()
    record(actor, "bank_account.propose", account, after={"scheme": details.scheme})
    return account


def approve_bank_account(account_id: UUID, *, actor: Actor) -> BankAccount:
    """Put a proposed account in use and retire the one before it; never by the person who proposed it."""
    rules.check_role(actor, Role.BUDGET_OFFICER)
    account = _lock(account_id)
    if queries.get_provider(account.organisation_id).status == ProviderStatus.APPLIED:
        raise DomainError(_("The first account is approved together with the registration."))
    activate(account, actor=actor)
    _tell(account, "providers/bank_account_changed")
    return account


def activate(account: BankAccount, *, actor: Actor) -> None:
    """Make the move; the caller holds the lock on the firm."""
    rules.check_another_person(actor, account.proposed_by, _("Somebody else must approve this account."))
    before = queries.active_bank_account(account.organisation_id)
    BANK_ACCOUNT.move(account.status, "activate")
    if before is not None:
        transition(before, BANK_ACCOUNT, "retire", actor=actor)
        db.flush()
    account.approved_by = actor.person_id
    transition(account, BANK_ACCOUNT, "activate", actor=actor)
    db.flush()


def refuse_bank_account(account_id: UUID, *, actor: Actor, reason: str) -> BankAccount:
    """Turn a proposed account down, with a reason; the account in use stays."""
    rules.check_role(actor, Role.BUDGET_OFFICER)
    account = _lock(account_id)
    transition(account, BANK_ACCOUNT, "refuse", actor=actor, reason=reason)
    _tell(account, "providers/bank_account_refused", reason=reason)
    return account


def _lock(account_id: UUID) -> BankAccount:
    account = queries.get_bank_account(account_id)
    queries.get_provider(account.organisation_id, lock=True)
    return queries.get_bank_account(account_id, lock=True)


def _tell(account: BankAccount, template: str, **data: str) -> None:
    """Tell the managers, and who named the accounts before: whoever took the firm over can't keep it from them."""
    key = str(account.id)
    words = {"account": account_numbers.masked(account.identifier), "bank": account.bank_name, **data}
    accounts.notify_organisation(account.organisation_id, [Role.MANAGER], template, key=key, **words)
    earlier = [
        bank_account
        for bank_account in queries.bank_accounts_of(account.organisation_id)
        if bank_account.active_at is not None
    ]
    for person_id in {other.proposed_by for other in earlier if other.id != account.id}:
        # The same key as above: a manager of then and now gets one mail.
        accounts.notify_person(person_id, template, key=f"{key}:{person_id}", **words)
