"""Reads of the queue, the waitlist, the sealed list of an allocation and its answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlalchemy.orm import load_only, selectinload

from marketplace.accounts.models import Organisation
from marketplace.core import db
from marketplace.programmes.models import Call, Programme
from marketplace.vouchers.caps import Promised
from marketplace.vouchers.models import Allocation, AllocationEntry, Application, Assessment, SealedTicket, Voucher
from marketplace.vouchers.states import ApplicationStatus, AssessmentOccasion, Outcome

UNDERTAKING = func.coalesce(Organisation.undertaking_id, Organisation.id)
# What of an application its eligibility is taken from.
ASKED = (
    Application.call_id,
    Application.ticket,
    Application.facts,
    Application.prepared_by,
    Application.submitted_by,
    Application.decided_by,
    Application.decided_at,
)


def next_in_line(call_id: UUID, status: str, *, limit: int) -> Sequence[Application]:
    """The next applications of a decided call in the order of its allocation, locked."""
    return db.session.scalars(
        select(Application)
        .join(SealedTicket, SealedTicket.application_id == Application.id)
        .where(SealedTicket.call_id == call_id, Application.status == status)
        .order_by(SealedTicket.place)
        .limit(limit)
        .with_for_update(of=Application, key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def waiting(call_id: UUID) -> int:
    """How many applications of a call are on the waitlist."""
    count = select(func.count()).select_from(Application)
    return (
        db.session.scalar(
            count.where(Application.call_id == call_id, Application.status == ApplicationStatus.WAITLISTED)
        )
        or 0
    )


def waitlist_position(application: Application) -> int | None:
    """The application's place on the waitlist now, 1 being next; None when it does not wait."""
    if application.status != ApplicationStatus.WAITLISTED:
        return None
    own = select(SealedTicket.place).where(SealedTicket.application_id == application.id).scalar_subquery()
    before = (
        select(func.count())
        .select_from(Application)
        .join(SealedTicket, SealedTicket.application_id == Application.id)
        .where(
            SealedTicket.call_id == application.call_id,
            Application.status == ApplicationStatus.WAITLISTED,
            SealedTicket.place <= own,
        )
    )
    return db.session.scalar(before)


def find_allocation(call_id: UUID, *, lock: bool = False) -> Allocation | None:
    """The allocation of a call, if it has begun."""
    query = _allocation()
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return db.session.scalars(query, {"call_id": call_id}).one_or_none()


@cache
def _allocation() -> Select[Allocation]:
    return select(Allocation).where(Allocation.call_id == bindparam("call_id"))


def handed_in(call_id: UUID) -> list[tuple[int, str]]:
    """Ticket and number of every application of a call that was handed in, whatever became of it; by ticket."""
    rows = db.session.execute(
        select(Application.ticket, Application.number)
        .where(Application.call_id == call_id, Application.submitted_at.is_not(None))
        .order_by(Application.ticket)
    )
    return [(row.ticket, row.number) for row in rows]


def next_tickets(call_id: UUID, *, after: int, limit: int) -> Sequence[Application]:
    """The accepted applications of a call behind this ticket, in order."""
    return db.session.scalars(
        select(Application)
        .options(load_only(*ASKED), selectinload(Application.evidence))
        .where(
            Application.call_id == call_id, Application.status == ApplicationStatus.ACCEPTED, Application.ticket > after
        )
        .order_by(Application.ticket)
        .limit(limit)
    ).all()


def candidates(call_id: UUID) -> Sequence[Row[Any]]:
    """Accepted applications of a call with what they are decided by, in ticket order; eligibility was taken again."""
    # Looked up for each application by its index: the rows are so new that the planner knows nothing of them.
    newest = (
        select(Assessment.result)
        .where(Assessment.application_id == Application.id, Assessment.occasion == AssessmentOccasion.ALLOCATION)
        .order_by(Assessment.assessed_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    return db.session.execute(
        select(
            Application.id,
            Application.number,
            Application.ticket,
            Application.organisation_id,
            Application.facts,
            Application.decided_by,
            newest.label("result"),
            Organisation.region,
            UNDERTAKING.label("undertaking"),
        )
        .join(Organisation, Organisation.id == Application.organisation_id)
        .where(Application.call_id == call_id, Application.status == ApplicationStatus.ACCEPTED)
        .order_by(Application.ticket)
    ).all()


def promised_aid(programme_id: UUID, since: datetime, *, besides: Collection[UUID] = ()) -> Promised:
    """Aid the programme promised since then, less what was given back, by company and by undertaking; minor units.

    What an allocation decided counts, although its voucher is not issued yet, and so does every open offer, except
    those to the applications `besides`.
    """
    promised = Promised(Counter(), Counter())
    issued = select(Organisation.id, UNDERTAKING, func.sum(Voucher.amount - Voucher.released)).select_from(Voucher)
    issued = issued.join(Organisation, Organisation.id == Voucher.organisation_id).group_by(Organisation.id)
    issued = issued.where(Voucher.programme_id == programme_id, Voucher.issued_at >= since)
    decided = _decided(programme_id).add_columns(Organisation.id, UNDERTAKING, AllocationEntry.parts)
    for company, undertaking, amount in db.session.execute(issued):
        promised.add(company, undertaking, int(amount))
    for company, undertaking, parts in db.session.execute(decided):
        promised.add(company, undertaking, sum(parts.values()))
    for company, undertaking, amount in db.session.execute(_offered(programme_id, besides)):
        promised.add(company, undertaking, amount)
    return promised


def linked_holders(application_id: UUID, promised: Promised) -> list[str]:
    """The names of the firms linked with the applicant that hold promised aid."""
    applicant = select(Application.organisation_id).where(Application.id == application_id).scalar_subquery()
    own = select(UNDERTAKING).where(Organisation.id == applicant).scalar_subquery()
    linked = select(Organisation.id, Organisation.name).where(own == UNDERTAKING, Organisation.id != applicant)
    rows = db.session.execute(linked.order_by(Organisation.name, Organisation.id))
    return [row.name for row in rows if promised.by_company[row.id]]


def linked_in_answer(application_id: UUID) -> Sequence[str]:
    """The linked firms that the newest answer to an application names, if it names any."""
    newest = select(AllocationEntry.detail).where(AllocationEntry.application_id == application_id)
    return db.session.scalar(newest.order_by(AllocationEntry.decided_at.desc()).limit(1)) or []


def promised_vouchers(programme_id: UUID) -> set[UUID]:
    """Companies to which an allocation of the programme decided to give a voucher that is not issued yet."""
    return set(db.session.scalars(_decided(programme_id).add_columns(Application.organisation_id)))


def _decided(programme_id: UUID) -> Select[Any]:
    return (
        select()
        .select_from(AllocationEntry)
        .join(Application, Application.id == AllocationEntry.application_id)
        .join(Call, Call.id == AllocationEntry.call_id)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .where(
            Call.programme_id == programme_id,
            AllocationEntry.outcome == Outcome.ALLOCATED,
            Application.status == ApplicationStatus.ACCEPTED,
        )
    )


def _offered(programme_id: UUID, besides: Collection[UUID]) -> Select[UUID, UUID, int]:
    """Company, undertaking and amount of every open offer of the programme except to these applications."""
    return (
        select(Organisation.id, UNDERTAKING, Programme.voucher_amount)
        .select_from(Application)
        .join(Call, Call.id == Application.call_id)
        .join(Programme, Programme.id == Call.programme_id)
        .join(Organisation, Organisation.id == Application.organisation_id)
        .where(
            Call.programme_id == programme_id,
            Application.status == ApplicationStatus.OFFERED,
            Application.id.not_in(besides),
        )
    )


def next_answers(call_id: UUID, *, after: int, limit: int) -> Sequence[Row[Any]]:
    """What was decided about the next places of a call and waits to be carried out, in order; applications are locked.

    Those that are alike come together: outcome, reason, parts and the applications' ids.
    """
    # A range, not a LIMIT: for rows so new the planner would otherwise read the whole list for every piece of it.
    answers = (
        select(
            Application.id, AllocationEntry.outcome, AllocationEntry.reason, AllocationEntry.parts, SealedTicket.place
        )
        .join(AllocationEntry, AllocationEntry.application_id == Application.id)
        .join(SealedTicket, SealedTicket.application_id == Application.id)
        .where(SealedTicket.call_id == call_id, SealedTicket.place.between(after + 1, after + limit))
        .where(Application.status == ApplicationStatus.ACCEPTED)
        .order_by(SealedTicket.place)
        .with_for_update(of=Application, key_share=True)
        .subquery()
        .columns
    )
    alike = answers.outcome, answers.reason, answers.parts
    ids = func.array_agg(aggregate_order_by(answers.id, answers.place)).label("ids")
    return db.session.execute(select(*alike, ids).group_by(*alike).order_by(func.min(answers.place))).all()


def hold_unverified(application_ids: Collection[UUID]) -> dict[UUID, Application]:
    """Those of these applications whose company is not verified, locked, by id in the order of their tickets."""
    if not application_ids:
        return {}
    query = select(Application).where(
        Application.id == any_(db.array(list(application_ids))), ~func.is_verified(Application.organisation_id)
    )
    locked = query.order_by(Application.ticket).with_for_update(of=Application, key_share=True)
    return {one.id: one for one in db.session.scalars(locked.execution_options(populate_existing=True))}


def offered_to(organisation_id: UUID) -> Sequence[UUID]:
    """The applications of a company with an open offer."""
    query = select(Application.id).where(
        Application.organisation_id == organisation_id, Application.status == ApplicationStatus.OFFERED
    )
    return db.session.scalars(query.order_by(Application.id)).all()


def won(application_id: UUID) -> bool:
    """Whether the allocation gave this application a voucher, issued or not."""
    given = AllocationEntry.application_id == application_id, AllocationEntry.outcome == Outcome.ALLOCATED
    return db.session.scalar(select(AllocationEntry.id).where(*given).limit(1)) is not None


def last_place(call_id: UUID) -> int:
    """How many places the sealed list of a call has."""
    return db.session.scalar(select(func.max(SealedTicket.place)).where(SealedTicket.call_id == call_id)) or 0


def allocation_entries(call_id: UUID) -> Select[*tuple[Any, ...]]:
    """What allocation answered each ticket of a call, with the application's number, as lists show it."""
    return (
        select(
            AllocationEntry.ticket,
            Application.number,
            AllocationEntry.outcome,
            AllocationEntry.reason,
            AllocationEntry.position,
            AllocationEntry.parts,
            AllocationEntry.decided_at,
        )
        .join(Application, Application.id == AllocationEntry.application_id)
        .where(AllocationEntry.call_id == call_id)
    )


def first_answers(call_id: UUID) -> Sequence[Row[Any]]:
    """The first answer each ticket of a call got, in ticket order: what a replay must come to."""
    query: Select[Any] = (
        select(*AllocationEntry.__table__.columns)
        .ext(distinct_on(AllocationEntry.ticket))
        .where(AllocationEntry.call_id == call_id)
        .order_by(AllocationEntry.ticket, AllocationEntry.decided_at)
    )
    return db.session.execute(query).all()


def own_line(call_id: UUID, organisation_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """A company's own line of the sealed list, its first answer and its application's number, once decided."""
    return db.session.execute(
        select(
            SealedTicket.ticket,
            SealedTicket.place,
            SealedTicket.stratum,
            AllocationEntry.outcome,
            AllocationEntry.reason,
            AllocationEntry.position,
            Application.number,
        )
        .join(Application, Application.id == SealedTicket.application_id)
        .join(AllocationEntry, AllocationEntry.application_id == SealedTicket.application_id)
        .where(SealedTicket.call_id == call_id, Application.organisation_id == organisation_id)
        .order_by(SealedTicket.ticket.desc(), AllocationEntry.decided_at)
        .limit(1)
    ).first()


def sealed_tickets(call_id: UUID) -> Sequence[Row[Any]]:
    """The sealed list of a call, in ticket order: rows with the columns of a SealedTicket."""
    query = select(*SealedTicket.__table__.columns).where(SealedTicket.call_id == call_id)
    return db.session.execute(query.order_by(SealedTicket.ticket)).all()
