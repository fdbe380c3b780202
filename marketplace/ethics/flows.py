"""Finds money at the agency's account that one side of an engagement moved for the other."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from marketplace.accounts import queries as accounts
from marketplace.claims import queries as claims
from marketplace.core.text import numbers_in, plain_firm_name, plain_number
from marketplace.engagements import queries as engagements
from marketplace.ethics.rules.facts import Direction, Flow, Side
from marketplace.providers import queries as providers
from marketplace.receivables import queries as receivables

KINDS = "AGR", "COP", "ENG", "RCV"


def flows_of(company_id: UUID, firm_id: UUID) -> tuple[Flow, ...]:
    """What came from an account of one side for a matter of the other, and where the company's refunds went."""
    sides = {company_id: Side.SME, firm_id: Side.PROVIDER}
    known = registered_accounts(firm_id) | engagements.share_accounts(company_id)
    names = [plain_firm_name(accounts.get_organisation(organisation_id).name) for organisation_id in sides]
    movements = claims.credits_from([plain_number(account) for account in known], names)
    came_in = [
        Flow(number, movement.account, sides[owner], Direction.IN, movement.booked_on, movement.name)
        for movement, number, owner in _named(movements)
        if owner in sides
    ]
    refunds = claims.paid_refunds(company_id)
    return (*came_in, *(Flow(number, account, Side.SME, Direction.OUT, day) for number, account, day in refunds))


def engagements_in(import_id: UUID) -> list[UUID]:
    """The engagements between whoever holds or names an account in this bank file and whoever the money was for."""
    moves = list(_moves(import_id))
    holders = _holders({plain_number(account) for account, _payer, _owner in moves})
    bearers = accounts.organisations_by_name({plain_firm_name(payer) for _account, payer, _owner in moves} - {""})
    pairs = {
        (holder, owner)
        for account, payer, owner in moves
        for holder in (*holders.get(plain_number(account), ()), *bearers.get(plain_firm_name(payer), ()))
        if holder != owner
    }
    return list(engagements.engagements_between([*pairs, *((owner, holder) for holder, owner in pairs)]))


def registered_accounts(organisation_id: UUID) -> frozenset[str]:
    """Every account that the organisation ever registered."""
    return frozenset(account.identifier for account in providers.bank_accounts_of(organisation_id))


def _moves(import_id: UUID) -> Iterator[tuple[str, str, UUID]]:
    """Each account in the file, the name it paid in under, and the organisation whose matter the movement was."""
    movements = claims.movements_in(import_id)
    for movement, _number, owner in _named([movement for movement in movements if movement.is_credit]):
        yield movement.account, movement.name, owner
    for account, payee in claims.payees_of(movement.reference for movement in movements):
        yield account, "", payee


def _named(movements: Iterable[claims.Movement]) -> Iterator[tuple[claims.Movement, str, UUID]]:
    """Each movement with every number that it names or was assigned to, and whose that is."""
    names = [(movement, number) for movement in movements for number in _numbers(movement)]
    numbers = {number for _movement, number in names}
    owners = engagements.companies_of(numbers) | receivables.debtors_of(numbers)
    for movement, number in names:
        if number in owners:
            yield movement, number, owners[number]


def _numbers(movement: claims.Movement) -> list[str]:
    numbers = numbers_in(f"{movement.reference} {movement.remittance}", *KINDS)
    if movement.co_payment_id:
        numbers.append(engagements.get_co_payment(movement.co_payment_id).reference)
    return list(dict.fromkeys(numbers))


def _holders(numbers: set[str]) -> dict[str, set[UUID]]:
    """Who registered each account, or paid a share from it."""
    holders: dict[str, set[UUID]] = {}
    for account, holder in (*providers.holders_of(numbers), *engagements.share_payers(numbers)):
        holders.setdefault(account, set()).add(holder)
    return holders
