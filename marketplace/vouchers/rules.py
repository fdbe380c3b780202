"""What may be done to applications and vouchers, by whom and when."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Protocol

from config import lists
from marketplace.core.actors import SME, SYSTEM, Actor, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid, NotFound, Words, explain
from marketplace.core.i18n import _
from marketplace.programmes.models import Call
from marketplace.programmes.rules import asked_facts
from marketplace.vouchers.models import Application, Assessment

explain(
    {
        "uq_applications_live": _("Your company already has an application in this call."),
        "uq_vouchers_one_active": _("The company already has an active voucher of this programme."),
        "uq_allocations_call_id": _("The allocation of this call has already begun."),
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

EVIDENCE_KINDS = {
    "business_registration": _("Business registration"),
    "employees": _("Proof of the number of employees"),
    "financial": _("Financial statement"),
    "other": _("Other"),
}

# Which kind of file documents which fact.
DOCUMENTED_BY = {
    "sector": "business_registration",
    "employees": "employees",
    "capital": "financial",
    "sales": "financial",
    "turnover": "financial",
    "balance_sheet": "financial",
}

REASONS = {
    "budget_spent": _("The budget of the call was used up before your turn."),
    "not_eligible": _("By the facts of the application the company does not meet the size standard."),
    "active_voucher": _("The company already has an active voucher of this programme."),
    "aid_cap": _("With this voucher the company and its linked firms would exceed the programme's aid cap."),
    "undetermined": _("Eligibility was not decided before the allocation."),
}

# Why the database does not draw on a voucher.
NOT_DRAWN = {
    "unusable": _("This voucher can't be used: it is suspended, ended or used up. Nothing was saved."),
    "remainder": _("The voucher has less left than this amount. Nothing was saved."),
    "parts": _("The budget lines can't bear their parts of this amount. Nothing was saved."),
}


def check_sme(actor: Actor) -> None:
    """Only people of an SME prepare its application."""
    if actor.role not in SME or actor.organisation_id is None:
        raise Forbidden()


def check_signatory(actor: Actor) -> None:
    """Binding acts are the signatory's alone."""
    if actor.role is not Role.SIGNATORY:
        raise Forbidden(_("Only the company's signatory may do this. Nothing was saved."))


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
    if not call.is_open(now):
        raise DomainError(_("This call does not take applications now. Nothing was saved."))


def check_draft(application: Application) -> None:
    """What is submitted is sealed."""
    if application.status != "draft":
        raise DomainError(_("This application was submitted, so it can't be changed any more. Nothing was saved."))


def check_submitted(application: Application) -> None:
    """A receipt exists only for what was handed in."""
    if application.submitted_at is None:
        raise NotFound()


def service_line(code: str) -> Mapping[str, str]:
    """A service line's label in both languages."""
    return lists.service_lines().get(code, {"en": code})


def missing_facts(application: Application) -> list[str]:
    """Facts every application needs: the sector where the standard asks for it, and the staff."""
    needed = [fact for fact in asked_facts(application.call.programme.size_standard) if fact in ("sector", "employees")]
    return [fact for fact in needed if application.facts.get(fact) in (None, "")]


def missing(application: Application) -> list[Words]:
    """Everything an application still needs before it can be submitted, all at once."""
    sentences: list[Words] = []
    if missing_facts(application):
        sentences.append(_("Company facts are missing."))
    if not application.service_line or not application.need:
        sentences.append(_("The need for consulting is not described."))
    if not any(item.kind == "business_registration" for item in application.evidence):
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
    if assessment.result == "not_eligible":
        raise Invalid(_("By these facts the company is not a small or medium enterprise, so it can't apply."))


def refusal(application: Decided, result: str, holds: bool) -> str | None:
    """Why an application can't win whatever the budget, as a code of REASONS; `holds` an active voucher already."""
    if not counts_as_eligible(application, result):
        return result
    return "active_voucher" if holds else None


def counts_as_eligible(application: Decided, result: str) -> bool:
    """Eligible by the standard, or undetermined and accepted by an officer."""
    return result == "eligible" or (result == "undetermined" and application.decided_by is not None)


def check_eligible(application: Application, result: str) -> None:
    """What follows needs an eligible company."""
    if not counts_as_eligible(application, result):
        raise DomainError(_("The company does not count as eligible any more. Nothing was saved."))


def check_reason(reason: str) -> None:
    """A person's decision says why."""
    if not reason.strip():
        raise Invalid(_("Give the reason."), field="reason")


def check_drawn(refusal: str | None) -> None:
    """Only a valid voucher is drawn on, and never beyond what is left on each budget line; the database's answer."""
    if refusal is not None:
        raise DomainError(NOT_DRAWN[refusal])


def check_remainder(amount: int, remaining: int) -> None:
    """Nobody draws more than what is left."""
    if amount <= 0:
        raise Invalid(_("The amount must be more than 0."), field="amount")
    if amount > remaining:
        raise DomainError(_("The voucher has less left than this amount. Nothing was saved."), field="amount")
