"""What may be done to applications and vouchers, by whom and when."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from config import lists
from marketplace.core.actors import SME, SYSTEM, Actor, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid, NotFound, Words, explain
from marketplace.core.i18n import _
from marketplace.programmes.models import Call, WaitingRoom
from marketplace.programmes.rules import asked_facts, standard_of
from marketplace.programmes.states import CallStatus, Eligibility
from marketplace.vouchers.allocation import AID_CAP, Ticket
from marketplace.vouchers.caps import breaks
from marketplace.vouchers.models import Allocation, Application, Assessment, Voucher
from marketplace.vouchers.states import ApplicationStatus, EvidenceKind, VoucherStatus

explain(
    {
        "uq_applications_live": _("Your company already has an application in this call."),
        "uq_vouchers_one_active": _("The company already has an active voucher of this programme."),
        "uq_allocations_call_id": _("The allocation of this call has already begun."),
        "voucher_extended_once": _("A voucher can be extended only once, before it expires."),
        "uq_waiting_places_call_id_organisation_id": _("Your company is already in the waiting room."),
        "waiting_room_closed": _("The call is open, so nobody enters the waiting room any more."),
    }
)


class Decided(Protocol):
    """An application, or the columns of one, with the officer who decided about it."""

    @property
    def decided_by(self) -> Any:
        """The officer, if one had to."""


DECLARATIONS = {
    "truthful": _("What this application says is true and complete."),
    "own_share": _("The company pays its own share from its own account."),
    "no_double_funding": _("No other public programme pays for the same work."),
    "nothing_back": _("Nobody has offered the company money, goods or services in return for the voucher."),
}

# Which kind of file documents which fact.
NEEDED = ("sector", "industry", "employees")
DOCUMENTED_BY = {  # every other fact is of money
    "sector": EvidenceKind.BUSINESS_REGISTRATION,
    "industry": EvidenceKind.BUSINESS_REGISTRATION,
    "employees": EvidenceKind.EMPLOYEES,
}

PAUSED = _(
    "Intake is paused: what the applications ask for has reached the ceiling. It goes on when others withdraw."
    " Your draft is kept."
)

REASONS = {
    "budget_spent": _("The budget of the call was used up before your turn."),
    "not_eligible": _("By the facts of the application the company does not meet the size standard."),
    "active_voucher": _("The company already has an active voucher of this programme."),
    "sme_cap": _("With this voucher the company would exceed the programme's aid cap for one company."),
    "aid_cap": _("With this voucher the company and its linked firms would exceed the programme's aid cap."),
    "undetermined": _("Eligibility was not decided before the allocation."),
    "offer_lapsed": _("The voucher was offered to the company, but nobody accepted it in time."),
    "not_verified": _("A voucher was kept for the company, but it was not verified in time."),
    "winding_down": _("The call is being wound down, so no more vouchers are given."),
}

# Why the database does not draw on a voucher.
NOT_DRAWN = {
    "unusable": _("This voucher can't be used: it is suspended, ended or used up."),
    "remainder": _("The voucher has less left than this amount."),
    "parts": _("The budget lines can't bear their parts of this amount."),
}


def check_sme(actor: Actor) -> None:
    """Only people of an SME prepare its application."""
    if actor.role not in SME or actor.organisation_id is None:
        raise Forbidden()


def check_signatory(actor: Actor) -> None:
    """Binding acts are the signatory's alone."""
    if actor.role is not Role.SIGNATORY:
        raise Forbidden(_("Only the company's signatory may do this."))


def check_officer(actor: Actor) -> None:
    """Decisions about applications are a programme officer's."""
    if actor.role is not Role.PROGRAMME_OFFICER:
        raise Forbidden()


def check_officer_or_system(actor: Actor) -> None:
    """Allocation begins by a programme officer or by itself."""
    if actor != SYSTEM:
        check_officer(actor)


def check_call_open(call: Call, now: datetime) -> None:
    """Applications are taken only while the call is open."""
    if call.status == CallStatus.PAUSED and now < call.closes_at:
        raise DomainError(PAUSED)
    if not call.is_open(now):
        raise DomainError(_("This call does not take applications now."))


def check_below_ceiling(asked: int, ceiling: int) -> None:
    """Nothing more is taken in once the applications ask for what the ceiling allows; minor units."""
    if asked >= ceiling:
        raise DomainError(PAUSED)


def check_waiting_room_open(call: Call, room: WaitingRoom, now: datetime) -> None:
    """Companies come in from some time before the opening until the opening itself."""
    if now < room.enter_from:
        raise DomainError(_("The waiting room is not open yet."))
    if now >= call.opens_at or call.status != CallStatus.PUBLISHED:
        raise DomainError(_("The call is open, so nobody enters the waiting room any more."))


def check_verified(*, confirmed: bool, business_number: str | None) -> None:
    """A company counts once its signatory's e-mail address is confirmed and its business number is known."""
    if not confirmed or business_number is None:
        raise Forbidden(_("Confirm your e-mail address and register the company first."))


def check_seed_open(seed: str | None) -> None:
    """The draw begins when the database shows the seed: at the opening by its own clock."""
    if seed is None:
        raise DomainError(_("The call opens in a moment. Try again."))


def check_offered(application: Application, now: datetime) -> None:
    """Only an open offer can be accepted or declined."""
    if (
        application.status != ApplicationStatus.OFFERED
        or application.offer_ends_at is None
        or application.offer_ends_at <= now
    ):
        raise DomainError(_("This offer is answered or over."))


def is_offer_over(application: Application, now: datetime) -> bool:
    """An offer lapses after its last moment, never before; it may have got a later one."""
    return application.offer_ends_at is not None and application.offer_ends_at <= now


def check_offer_stands(ticket: Ticket, *, amount: int, cap: int | None, linked: Sequence[str]) -> None:
    """Who accepts must still be eligible, hold no other active voucher, and stay within the cap; minor units.

    `linked` are the linked firms that hold aid; a refusal for the cap names them.
    """
    over = breaks(cap, promised=ticket.promised, amount=amount)
    refusal = ticket.refusal or (AID_CAP if over else None)
    if refusal is not None:
        reason = in_words(refusal, linked if refusal == AID_CAP else None)
        raise DomainError(
            _(
                "The voucher can't be given. %(reason)s The offer stays open until its last day.",
                reason=reason,
            )
        )


def check_allocation_not_under_way(allocation: Allocation | None) -> None:
    """A call is not wound down in the middle of its allocation."""
    if allocation is not None and allocation.finished_at is None:
        raise DomainError(_("The allocation is under way. Wait until it is finished."))


def check_scorers_missing(places: int) -> None:
    """Evaluators are asked again only where some are missing."""
    if not places:
        raise DomainError(_("No evaluator is missing in this call now."))


def check_somebody_asked(asked: int) -> None:
    """Asking that reaches nobody is said, so that somebody appoints evaluators."""
    if not asked:
        raise DomainError(
            _(
                "Nobody was asked: no evaluator is free for these applications."
                " Ask an administrator to appoint one more evaluator, then try again."
            )
        )


def check_draft(application: Application) -> None:
    """What is submitted is sealed."""
    if application.status != ApplicationStatus.DRAFT:
        raise DomainError(_("This application was submitted, so it can't be changed any more."))


def check_in_review(application: Application) -> None:
    """An officer decides only what the standard left open; who was accepted is answered by the allocation."""
    if application.status != ApplicationStatus.IN_REVIEW:
        raise DomainError(_("Nothing is left to decide about this application."))


def check_submitted(application: Application) -> None:
    """A receipt exists only for what was handed in."""
    if application.submitted_at is None:
        raise NotFound()


def in_words(reason: str | None, linked: Sequence[str] | None = None) -> Words:
    """Why allocation answered so; a cap that linked firms have used names them."""
    words = REASONS.get(reason or "", reason or "")
    return (
        _("%(reason)s Aid is held by or offered to: %(firms)s.", reason=words, firms=", ".join(linked))
        if linked
        else words
    )


def service_line(code: str) -> Mapping[str, str]:
    """A service line's label in both languages."""
    return lists.service_lines().get(code, {"en": code})


def missing_facts(application: Application) -> list[str]:
    """Facts every application needs: the sector or industry where the standard asks for it, and the staff."""
    needed = [fact for fact in asked_facts(standard_of(application.call)) if fact in NEEDED]
    return [fact for fact in needed if application.facts.get(fact) in (None, "")]


def missing(application: Application) -> list[Words]:
    """Everything an application still needs before it can be submitted, all at once."""
    sentences: list[Words] = []
    if missing_facts(application):
        sentences.append(_("Company facts are missing."))
    if not application.service_line or not application.need:
        sentences.append(_("The need for consulting is not described."))
    if not any(item.kind == EvidenceKind.BUSINESS_REGISTRATION for item in application.evidence):
        sentences.append(_("The business registration is not attached."))
    return sentences


def check_complete(application: Application, declarations: Collection[str]) -> None:
    """Nothing is submitted while something is missing; all of it is said at once."""
    sentences = missing(application)
    if set(DECLARATIONS) - set(declarations):
        sentences.append(_("Every declaration must be confirmed."))
    if sentences:
        raise Invalid(_("This is not complete: %(missing)s", missing=" ".join(str(one) for one in sentences)))


def check_not_refused(assessment: Assessment) -> None:
    """What the standard clearly refuses is not taken in."""
    if assessment.result == Eligibility.NOT_ELIGIBLE:
        raise Invalid(_("By these facts the company is not a small or medium enterprise, so it can't apply."))


def refusal(application: Decided, result: Eligibility, *, holds: bool, over: bool) -> str | None:
    """Why an application can't win whatever the budget, as a code of REASONS.

    `holds`: the company has an active voucher already; `over`: another one would exceed the cap for one company.
    """
    if not counts_as_eligible(application, result):
        return result
    if holds:
        return "active_voucher"
    return "sme_cap" if over else None


def counts_as_eligible(application: Decided, result: Eligibility) -> bool:
    """Eligible by the standard, or undetermined and accepted by an officer."""
    return result == Eligibility.ELIGIBLE or (result == Eligibility.UNDETERMINED and application.decided_by is not None)


def check_eligible(application: Application, result: Eligibility) -> None:
    """What follows needs an eligible company."""
    if not counts_as_eligible(application, result):
        raise DomainError(_("The company does not count as eligible any more."))


def check_drawn(refusal: str | None) -> None:
    """Only a valid voucher is drawn on, and never beyond what is left on each budget line; the database's answer."""
    if refusal is not None:
        raise DomainError(NOT_DRAWN[refusal])


def check_system(actor: Actor) -> None:
    """What happens by itself is nobody's to do."""
    if actor != SYSTEM:
        raise Forbidden()


def check_over(voucher: Voucher, now: datetime) -> None:
    """A voucher expires only when its last day is over."""
    if voucher.expires_at > now:
        raise DomainError(_("This voucher is still valid."))


def may_be_extended(voucher: Voucher, now: datetime) -> bool:
    """A valid voucher of a programme that grants an extension, not extended before, until it expires."""
    return (
        voucher.status == VoucherStatus.ISSUED
        and voucher.programme.extension_days > 0
        and voucher.extended_at is None
        and now < voucher.expires_at
    )


def check_extension(voucher: Voucher, now: datetime) -> None:
    """A voucher is extended once, while it is valid, where the programme grants it."""
    if voucher.programme.extension_days == 0:
        raise DomainError(_("This programme grants no extension."))
    if voucher.extended_at is not None:
        raise DomainError(_("This voucher was extended before. It can be extended only once."))
    if not may_be_extended(voucher, now):
        raise DomainError(_("Only a valid voucher can be extended, before it expires."))


def check_remainder(amount: int, remaining: int) -> None:
    """Nobody draws more than what is left."""
    if amount <= 0:
        raise Invalid(_("The amount must be more than 0."), field="amount")
    if amount > remaining:
        raise DomainError(_("The voucher has less left than this amount."), field="amount")
