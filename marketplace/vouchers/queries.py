"""Reads of applications, the waitlist and vouchers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, false, func, select
from sqlalchemy.orm import contains_eager, joinedload

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organisation
from marketplace.core.actors import AGENCY, SME, Actor
from marketplace.core.db import get, session
from marketplace.core.errors import NotFound
from marketplace.ledger import queries as ledger
from marketplace.programmes.models import Call
from marketplace.vouchers.models import Allocation, AllocationEntry, Application, Assessment, Evidence, Voucher


def visible_applications(actor: Actor) -> Select[Application]:
    """An SME sees its own applications, the agency every one that was submitted."""
    if actor.role in SME:
        return select(Application).where(Application.organisation_id == actor.organisation_id)
    if actor.role in AGENCY:
        return select(Application).where(Application.submitted_at.is_not(None))
    return select(Application).where(false())


def get_application(application_id: UUID, *, actor: Actor, lock: bool = False) -> Application:
    """The application if this actor may see it; NotFound otherwise."""
    found = visible_applications(actor).where(Application.id == application_id)
    if lock:
        found = found.with_for_update(of=Application).execution_options(populate_existing=True)
    application = session.scalars(found).one_or_none()
    if application is None:
        raise NotFound()
    return application


def helper_name(application: Application) -> str | None:
    """The outside helper who wrote in the application, if one did."""
    helper = application.helped_by
    return accounts.names([helper]).get(helper) if helper else None


def find_live_application(call_id: UUID, organisation_id: UUID) -> Application | None:
    """The company's application in the call that is neither refused nor withdrawn, if any."""
    return session.scalars(
        select(Application).where(
            Application.call_id == call_id,
            Application.organisation_id == organisation_id,
            Application.status.not_in(("refused", "withdrawn")),
        )
    ).one_or_none()


def applications_of(actor: Actor) -> Sequence[Application]:
    """The company's applications, newest first."""
    return session.scalars(
        visible_applications(actor)
        .options(joinedload(Application.call))
        .order_by(Application.created_at.desc(), Application.number.desc())
    ).all()


def search_applications(
    actor: Actor, *, call_id: UUID | None = None, status: str | None = None, text: str | None = None
) -> Select[Application]:
    """The agency's list of applications, filtered by call, status and company name or number."""
    found = (
        visible_applications(actor)
        .join(Application.organisation)
        .options(contains_eager(Application.organisation), joinedload(Application.call))
    )
    if call_id is not None:
        found = found.where(Application.call_id == call_id)
    if status:
        found = found.where(Application.status == status)
    if text:
        found = found.where(
            Organisation.name.icontains(text, autoescape=True) | Application.number.icontains(text, autoescape=True)
        )
    return found


def get_evidence(evidence_id: UUID, *, actor: Actor) -> Evidence:
    """The evidence if this actor may see its application; NotFound otherwise."""
    evidence = get(Evidence, evidence_id)
    get_application(evidence.application_id, actor=actor)
    return evidence


def newest_assessment(application_id: UUID) -> Assessment | None:
    """The last assessment taken of an application."""
    return session.scalars(
        select(Assessment)
        .where(Assessment.application_id == application_id)
        .order_by(Assessment.assessed_at.desc(), Assessment.id)
        .limit(1)
    ).one_or_none()


def undecided(call_id: UUID) -> int:
    """How many applications of a call still wait for an officer's decision about eligibility."""
    waiting = Application.status.in_(("submitted", "in_review"))
    count = select(func.count()).select_from(Application).where(Application.call_id == call_id, waiting)
    return session.scalar(count) or 0


def next_in_line(call_id: UUID, status: str, *, limit: int) -> Sequence[Application]:
    """The next applications of a call in ticket order, locked."""
    return session.scalars(
        select(Application)
        .where(Application.call_id == call_id, Application.status == status)
        .order_by(Application.ticket)
        .limit(limit)
        .with_for_update(of=Application)
        .execution_options(populate_existing=True)
    ).all()


def waiting(call_id: UUID) -> int:
    """How many applications of a call are on the waitlist."""
    count = select(func.count()).select_from(Application)
    return session.scalar(count.where(Application.call_id == call_id, Application.status == "waitlisted")) or 0


def waitlist_position(application: Application) -> int | None:
    """The application's place on the waitlist now, 1 being next; None when it does not wait."""
    if application.status != "waitlisted":
        return None
    before = select(func.count()).select_from(Application)
    before = before.where(
        Application.call_id == application.call_id,
        Application.status == "waitlisted",
        Application.ticket <= application.ticket,
    )
    return session.scalar(before)


def find_allocation(call_id: UUID, *, lock: bool = False) -> Allocation | None:
    """The allocation of a call, if it has begun."""
    found = select(Allocation).where(Allocation.call_id == call_id)
    if lock:
        found = found.with_for_update().execution_options(populate_existing=True)
    return session.scalars(found).one_or_none()


def allocation_entries(call_id: UUID) -> Select[AllocationEntry, str]:
    """What allocation answered each ticket of a call, with the application's number."""
    return (
        select(AllocationEntry, Application.number)
        .join(Application, Application.id == AllocationEntry.application_id)
        .where(AllocationEntry.call_id == call_id)
    )


def visible_vouchers(actor: Actor) -> Select[Voucher]:
    """An SME sees its own vouchers, the agency all."""
    if actor.role in SME:
        return select(Voucher).where(Voucher.organisation_id == actor.organisation_id)
    return select(Voucher) if actor.role in AGENCY else select(Voucher).where(false())


def get_voucher(voucher_id: UUID, *, actor: Actor | None = None, lock: bool = False) -> Voucher:
    """The voucher if this actor may see it (without an actor: for other areas' verbs); NotFound otherwise."""
    if actor is not None and not session.scalar(
        visible_vouchers(actor).where(Voucher.id == voucher_id).with_only_columns(Voucher.id)
    ):
        raise NotFound()
    return get(Voucher, voucher_id, lock=lock)


def find_voucher_by_code(code: str) -> Voucher | None:
    """The voucher whose public code this is, if any."""
    return session.scalars(select(Voucher).where(Voucher.code == code)).one_or_none()


def vouchers_of(organisation_id: UUID) -> Sequence[Voucher]:
    """A company's vouchers, newest first."""
    return session.scalars(
        select(Voucher)
        .options(joinedload(Voucher.programme))
        .where(Voucher.organisation_id == organisation_id)
        .order_by(Voucher.issued_at.desc(), Voucher.number.desc())
    ).all()


def search_vouchers(actor: Actor, *, status: str | None = None, text: str | None = None) -> Select[Voucher]:
    """The agency's list of vouchers, filtered by status and company name or number."""
    found = visible_vouchers(actor).join(Voucher.organisation).options(contains_eager(Voucher.organisation))
    if status:
        found = found.where(Voucher.status == status)
    if text:
        found = found.where(
            Organisation.name.icontains(text, autoescape=True) | Voucher.number.icontains(text, autoescape=True)
        )
    return found


def voucher_lines(voucher_id: UUID) -> dict[UUID, int]:
    """What is left of a voucher on each budget line, in minor units, ordered by line."""
    balances = ledger.balances_by_owner(voucher_id, "reserved")
    return {line_id: balance for line_id, balance in balances.items() if line_id is not None}


def remaining(voucher_id: UUID) -> int:
    """What can still be drawn from a voucher, in minor units."""
    return sum(voucher_lines(voucher_id).values())


def active_vouchers(programme_id: UUID, organisation_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these companies hold an active voucher of the programme."""
    return set(
        session.scalars(
            select(Voucher.organisation_id).where(
                Voucher.programme_id == programme_id,
                Voucher.organisation_id.in_(organisation_ids),
                Voucher.status.in_(("issued", "suspended")),
            )
        )
    )


def undertaking(organisation_id: UUID) -> list[UUID]:
    """The company and its linked firms, which count as one; in a fixed order."""
    return sorted(accounts.undertaking_of(organisation_id))


def aid_since(programme_id: UUID, organisation_ids: Sequence[UUID], since: datetime) -> int:
    """Aid the programme promised to these companies since then, less what was given back; minor units."""
    total = session.scalar(
        select(func.sum(Voucher.amount - Voucher.released)).where(
            Voucher.programme_id == programme_id,
            Voucher.organisation_id.in_(organisation_ids),
            Voucher.issued_at >= since,
        )
    )
    return int(total or 0)


def expired_voucher_ids(now: datetime, *, limit: int) -> Sequence[UUID]:
    """Vouchers whose last day is over but which still count as valid, the longest overdue first."""
    return session.scalars(
        select(Voucher.id)
        .where(Voucher.status.in_(("issued", "suspended")), Voucher.expires_at <= now)
        .order_by(Voucher.expires_at, Voucher.id)
        .limit(limit)
    ).all()


@dataclass(frozen=True)
class Intake:
    """How many applications of a call stand where."""

    by_status: dict[str, int]

    @property
    def submitted(self) -> int:
        """Every application that was handed in."""
        return sum(count for status, count in self.by_status.items() if status != "draft")


def intake(call: Call) -> Intake:
    """The applications of a call counted by status."""
    rows = session.execute(
        select(Application.status, func.count()).where(Application.call_id == call.id).group_by(Application.status)
    )
    return Intake({row[0]: row[1] for row in rows})
