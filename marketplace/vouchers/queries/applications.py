"""Reads of applications, their files and assessments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, false, func, select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organisation
from marketplace.accounts.search import matches
from marketplace.core import db
from marketplace.core.actors import AGENCY, SME, Actor
from marketplace.core.db import get
from marketplace.programmes.models import Call, Programme
from marketplace.vouchers.models import Application, Assessment, Evidence, Voucher
from marketplace.vouchers.queries.scoring import UNDECIDED
from marketplace.vouchers.states import ApplicationStatus


def visible_applications(actor: Actor) -> Select[Application]:
    """An SME sees its own applications, the agency every one that was submitted."""
    if actor.role in SME:
        return select(Application).where(Application.organisation_id == actor.organisation_id)
    if actor.role in AGENCY:
        return select(Application).where(Application.submitted_at.is_not(None))
    return select(Application).where(false())


def application_of_voucher(voucher_id: UUID) -> Application:
    """The application that was answered with this voucher, with its programme and evidence, in one read."""
    return db.session.scalars(_application_of_voucher(), {"voucher_id": voucher_id}).unique().one()


@cache
def _application_of_voucher() -> Select[Application]:
    programme = joinedload(Application.call).load_only(Call.programme_id, Call.opens_at).joinedload(Call.programme)
    whole = programme.load_only(Programme.size_standard), joinedload(Application.evidence)
    holders = select(Application).join(Application.voucher).where(Voucher.id == bindparam("voucher_id"))
    return holders.options(*whole)


def get_application(
    application_id: UUID, *, actor: Actor, lock: bool = False, evidence: bool = False, whole: bool = False
) -> Application:
    """The application if this actor may see it, read together with its evidence, or with all that a page shows of it
    (`whole`), if asked; NotFound otherwise."""
    query = visible_applications(actor).where(Application.id == application_id)
    if lock:
        query = query.with_for_update(of=Application, key_share=True).execution_options(populate_existing=True)
    if evidence:
        query = query.options(joinedload(Application.evidence))
    if whole:
        query = query.options(*_whole())
    return db.one(query)


@cache
def _whole() -> tuple[ORMOption, ...]:
    return (
        joinedload(Application.call, innerjoin=True).joinedload(Call.programme, innerjoin=True),
        joinedload(Application.organisation, innerjoin=True),
        joinedload(Application.voucher),
        selectinload(Application.evidence).joinedload(Evidence.file, innerjoin=True),
    )


def helper_name(application: Application) -> str | None:
    """The outside helper who wrote in the application, if one did."""
    helper = application.helped_by
    return accounts.names([helper]).get(helper) if helper else None


def find_live_application(call_id: UUID, organisation_id: UUID) -> Application | None:
    """The company's application in the call that is neither refused nor withdrawn, if any."""
    return db.session.scalars(
        select(Application).where(
            Application.call_id == call_id,
            Application.organisation_id == organisation_id,
            Application.status.not_in((ApplicationStatus.REFUSED, ApplicationStatus.WITHDRAWN)),
        )
    ).one_or_none()


def applications_of(actor: Actor, *, status: str = "") -> Select[*tuple[Any, ...]]:
    """What the company's own list shows of its applications; ordered by the page."""
    shown = Application.id, Application.number, Application.status, Application.submitted_at
    query = visible_applications(actor).with_only_columns(*shown, Call.title.label("call_title"))
    query = query.join(Application.call)
    return query.where(Application.status == status) if status else query


BY_PEOPLE = Application.submitted_by, Application.prepared_by, Application.helped_by

EXPORTED_APPLICATION = (
    Organisation.business_number.label("company_number"),
    Organisation.region,
    Application.service_line,
    Application.decided_at,
    Application.reason,
    Application.allocated_at,
    Application.waitlisted_at,
    Application.offered_at,
    Application.refused_at,
    Application.withdrawn_at,
    accounts.person_name_of(Application.submitted_by).label("submitted_by"),
    accounts.person_name_of(Application.decided_by).label("decided_by"),
    select(Voucher.number).where(Voucher.application_id == Application.id).scalar_subquery().label("voucher"),
)
"""What the file of applications says beside what the list shows."""


def search_applications(
    actor: Actor, *, call_id: UUID | None = None, status: str | None = None, text: str | None = None
) -> Select[*tuple[Any, ...]]:
    """The columns of the agency's list of applications, filtered by call and status.

    The text is of a number, the company, or who wrote in it.
    """
    query = (
        visible_applications(actor)
        .with_only_columns(
            Application.id,
            Application.number,
            Application.ticket,
            Application.status,
            Application.submitted_at,
            Organisation.name.label("company"),
            Call.number.label("call_number"),
            Call.title.label("call_title"),
        )
        .join(Application.organisation)
        .join(Application.call)
    )
    if call_id is not None:
        query = query.where(Application.call_id == call_id)
    if status:
        query = query.where(Application.status == status)
    if text:
        query = query.where(
            matches(text, Application.number, organisations=(Application.organisation_id,), people=BY_PEOPLE)
        )
    return query


def get_evidence(evidence_id: UUID, *, actor: Actor) -> Evidence:
    """The evidence if this actor may see its application; NotFound otherwise."""
    evidence = get(Evidence, evidence_id)
    get_application(evidence.application_id, actor=actor)
    return evidence


def newest_assessment(application_id: UUID) -> Assessment | None:
    """The last assessment taken of an application."""
    return db.session.scalars(_newest_assessment(), {"application_id": application_id}).one_or_none()


@cache
def _newest_assessment() -> Select[Assessment]:
    query = select(Assessment).where(Assessment.application_id == bindparam("application_id"))
    return query.order_by(Assessment.assessed_at.desc(), Assessment.id).limit(1)


def undecided(call_id: UUID) -> int:
    """How many applications of a call still wait for an officer's decision about eligibility."""
    waiting = Application.status.in_(UNDECIDED)
    count = select(func.count()).select_from(Application).where(Application.call_id == call_id, waiting)
    return db.session.scalar(count) or 0


@dataclass(frozen=True)
class Intake:
    """How many applications of a call stand where."""

    by_status: dict[str, int]

    @property
    def submitted(self) -> int:
        """Every application that was handed in."""
        return sum(count for status, count in self.by_status.items() if status != ApplicationStatus.DRAFT)


def intake(call: Call) -> Intake:
    """The applications of a call counted by status."""
    rows = db.session.execute(
        select(Application.status, func.count()).where(Application.call_id == call.id).group_by(Application.status)
    )
    return Intake({row[0]: row[1] for row in rows})
