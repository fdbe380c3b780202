"""Finds money at the agency's account that one side of an engagement moved for the other."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from marketplace.accounts.models import Organisation
from marketplace.claims.models import BankEntry, Claim, PaymentLine, Refund
from marketplace.claims.states import Direction, LineStatus
from marketplace.core import clock, db
from marketplace.engagements.models import Agreement, CoPayment, Engagement
from marketplace.ethics.rules.facts import Flow
from marketplace.ethics.rules.identity import digits_and_letters, firm_name
from marketplace.providers.models import BankAccount
from marketplace.receivables.models import Receivable

NUMBER = re.compile(r"(?:AGR|COP|ENG|RCV)-\d{4}-\d{6,}")


def flows_of(engagement: Engagement) -> tuple[Flow, ...]:
    """What came from an account of one side for a matter of the other, and where the company's refunds went."""
    sides = {engagement.organisation_id: "sme", engagement.provider_id: "provider"}
    known = registered_accounts(engagement.provider_id) | share_accounts(engagement.organisation_id)
    by_account = _plain(BankEntry.debtor_account).in_({digits_and_letters(each) for each in known})
    names = [firm_name(db.get(Organisation, organisation_id).name) for organisation_id in sides]
    by_name = func.plain_firm_name(BankEntry.debtor).in_(names)
    came_in = select(BankEntry).where(BankEntry.direction == Direction.CREDIT, by_account | by_name)
    entries = db.session.scalars(
        came_in.options(selectinload(BankEntry.assignment)).order_by(BankEntry.booked_on, BankEntry.id)
    ).all()
    found = [
        Flow(number, entry.debtor_account, sides[owner], "in", entry.booked_on, entry.debtor)
        for entry, number, owner in _named(entries)
        if owner in sides
    ]
    return (*found, *_refunds(engagement.organisation_id))


def engagements_in(import_id: UUID) -> list[UUID]:
    """The engagements between whoever holds or names an account in this bank file and whoever the money was for."""
    moves = list(_moves(import_id))
    holders = _holders({digits_and_letters(account) for account, _payer, _owner in moves})
    bearers = _bearers({firm_name(payer) for _account, payer, _owner in moves})
    pairs = {
        (holder, owner)
        for account, payer, owner in moves
        for holder in (*holders.get(digits_and_letters(account), ()), *bearers.get(firm_name(payer), ()))
        if holder != owner
    }
    either_way = [*pairs, *((owner, holder) for holder, owner in pairs)]
    wanted = select(Engagement.id).where(tuple_(Engagement.organisation_id, Engagement.provider_id).in_(either_way))
    return list(db.session.scalars(wanted.order_by(Engagement.id)))


def registered_accounts(organisation_id: UUID) -> frozenset[str]:
    """Every account that the organisation ever registered."""
    return frozenset(
        db.session.scalars(select(BankAccount.identifier).where(BankAccount.organisation_id == organisation_id))
    )


def share_accounts(organisation_id: UUID) -> frozenset[str]:
    """Every account from which a share of this company arrived."""
    wanted = select(CoPayment.payer_account).join(Agreement, Agreement.id == CoPayment.agreement_id)
    found = db.session.scalars(wanted.where(Agreement.organisation_id == organisation_id))
    return frozenset(account for account in found if account)


def paid_on(engagement_id: UUID) -> tuple[date, ...]:
    """The days on which the provider was paid for this engagement."""
    wanted = select(PaymentLine.paid_at).join(Claim, Claim.id == PaymentLine.claim_id)
    found = db.session.scalars(
        wanted.where(Claim.engagement_id == engagement_id, PaymentLine.status == LineStatus.PAID)
    )
    return tuple(sorted(at.astimezone(clock.zone()).date() for at in found if at))


def _refunds(organisation_id: UUID) -> Iterator[Flow]:
    wanted = select(Refund.number, PaymentLine.account_number, PaymentLine.paid_at).join(
        Refund, Refund.id == PaymentLine.refund_id
    )
    paid = wanted.where(Refund.organisation_id == organisation_id, PaymentLine.status == LineStatus.PAID)
    for number, account, paid_at in db.session.execute(paid.order_by(Refund.number, PaymentLine.id)):
        if paid_at is not None:
            yield Flow(number, account, "sme", "out", paid_at.astimezone(clock.zone()).date())


def _moves(import_id: UUID) -> Iterator[tuple[str, str, UUID]]:
    """Each account in the file, the name it paid in under, and the organisation whose matter the movement was."""
    wanted = select(BankEntry).where(BankEntry.import_id == import_id).options(selectinload(BankEntry.assignment))
    entries = db.session.scalars(wanted.order_by(BankEntry.position)).all()
    for entry, _number, owner in _named([each for each in entries if each.direction == Direction.CREDIT]):
        yield entry.debtor_account, entry.debtor, owner
    lines = (
        select(PaymentLine.account_number, func.coalesce(Refund.organisation_id, Claim.provider_id))
        .outerjoin(Claim, Claim.id == PaymentLine.claim_id)
        .outerjoin(Refund, Refund.id == PaymentLine.refund_id)
    )
    for account, owner in db.session.execute(
        lines.where(PaymentLine.end_to_end_id.in_({each.reference for each in entries}))
    ):
        if owner is not None:
            yield account, "", owner


def _named(entries: Iterable[BankEntry]) -> Iterator[tuple[BankEntry, str, UUID]]:
    """Each movement with every number that it names or was assigned to, and whose that is."""
    names = [(entry, number) for entry in entries for number in _numbers(entry)]
    owners = _owners({number for _entry, number in names})
    for entry, number in names:
        if number in owners:
            yield entry, number, owners[number]


def _numbers(entry: BankEntry) -> list[str]:
    found = NUMBER.findall(f"{entry.reference} {entry.remittance}")
    if entry.assignment and entry.assignment.co_payment_id:
        found.append(db.get(CoPayment, entry.assignment.co_payment_id).reference)
    return list(dict.fromkeys(found))


def _owners(numbers: set[str]) -> dict[str, UUID]:
    """Whose matter each number is: the company's, or the debtor's."""
    shares = select(CoPayment.reference, Agreement.organisation_id).join(
        Agreement, Agreement.id == CoPayment.agreement_id
    )
    wanted = union_all(
        shares.where(CoPayment.reference.in_(numbers)),
        select(Agreement.number, Agreement.organisation_id).where(Agreement.number.in_(numbers)),
        select(Engagement.number, Engagement.organisation_id).where(Engagement.number.in_(numbers)),
        select(Receivable.number, Receivable.debtor_id).where(Receivable.number.in_(numbers)),
    )
    return dict(db.session.execute(wanted).all())


def _holders(accounts: set[str]) -> dict[str, set[UUID]]:
    """Who registered each account, or paid a share from it."""
    payer = _plain(CoPayment.payer_account)
    wanted = union_all(
        select(_plain(BankAccount.identifier), BankAccount.organisation_id).where(
            _plain(BankAccount.identifier).in_(accounts)
        ),
        select(payer, Agreement.organisation_id)
        .join(Agreement, Agreement.id == CoPayment.agreement_id)
        .where(payer.in_(accounts)),
    )
    found: dict[str, set[UUID]] = {}
    for account, holder in db.session.execute(wanted):
        found.setdefault(account, set()).add(holder)
    return found


def _bearers(names: set[str]) -> dict[str, set[UUID]]:
    """The companies and firms of each of these names."""
    plain = func.plain_firm_name(Organisation.name)
    wanted = select(plain, Organisation.id).where(plain.in_(names - {""}))
    found: dict[str, set[UUID]] = {}
    for name, bearer in db.session.execute(wanted):
        found.setdefault(name, set()).add(bearer)
    return found


def _plain(column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None]) -> ColumnElement[str]:
    """An account number as the rules compare it; see digits_and_letters."""
    return func.plain_account(column)
