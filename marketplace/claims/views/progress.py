"""Where a claim stands, since when, what comes next, by when, and whose turn it is."""

from datetime import datetime
from typing import Any

from config.claims import handling
from config.payments import terms
from marketplace.claims import deadlines
from marketplace.claims.models import Claim
from marketplace.claims.rules import next_step
from marketplace.claims.states import ClaimStatus, Route, Step
from marketplace.core import clock
from marketplace.core.errors import Words
from marketplace.core.i18n import _, day, moment

DONE = (ClaimStatus.SUBMITTED, ClaimStatus.CHECKED, ClaimStatus.APPROVED, ClaimStatus.BATCHED, ClaimStatus.PAID)
REACHED = {ClaimStatus.RETURNED: ClaimStatus.SUBMITTED, ClaimStatus.FIRST_APPROVED: ClaimStatus.CHECKED}
ENDED: dict[str, Words] = {ClaimStatus.WITHDRAWN: _("Withdrawn by the firm"), ClaimStatus.REFUSED: _("Refused")}


def due(claim: Claim) -> datetime | None:
    """By when the step that the claim waits for is to be done; None while the agency owes none."""
    step = deadlines.STEP_OF.get(claim.status)
    return deadlines.due_at(step, claim.clock_starts_at, handling(clock.today())) if step else None


def next_words(claim: Claim) -> str:
    """The next step, for a list."""
    step = next_step(claim)
    return str(step[0]) if step else ""


def who_acts(claim: Claim) -> str:
    """Whose turn it is, for a list."""
    step = next_step(claim)
    return str(step[1]) if step else ""


def steps(claim: Claim) -> list[dict[str, Any]]:
    """The claim's timeline, with the day by which each step to come is due."""
    handed_in = {"text": _("Claim handed in"), "when": moment(claim.submitted_at), "state": "done"}
    if claim.status in ENDED:
        return [handed_in, {"text": ENDED[claim.status], "when": moment(claim.since), "state": "done"}]
    place = DONE.index(REACHED.get(claim.status, claim.status))
    shown, state = [handed_in, *_request(claim)], "next" if claim.status == ClaimStatus.RETURNED else "now"
    for text, at, due_words, done_at in _to_come(claim):
        if done_at <= place:
            shown.append({"text": text, "when": moment(at), "state": "done"})
        else:
            shown.append({"text": text, "when": due_words, "state": state})
            state = "next"
    return shown


def _request(claim: Claim) -> list[dict[str, Any]]:
    if not claim.returned_at:
        return []
    asked = {"text": _("Returned with questions; the clock stands still"), "when": moment(claim.returned_at)}
    if claim.status == ClaimStatus.RETURNED:
        return [{**asked, "state": "now"}]
    answered = {"text": _("Answered; the clock goes on"), "when": moment(claim.resubmitted_at), "state": "done"}
    return [{**asked, "state": "done"}, answered]


def _to_come(claim: Claim) -> list[tuple[Words, datetime | None, Words, int]]:
    """Each step's words, its time once done, by when it is due, and the place from which on it is done."""
    approve, usual = _by(claim, Step.APPROVE), terms(clock.today()).batch_every_days
    batch = (_("In a payment batch"), claim.batched_at, _("within %(days)s days of the approval", days=usual), 3)
    rest = [batch, (_("Paid"), claim.paid_at, _by(claim, Step.PAY), 4)]
    if claim.route == Route.STRAIGHT_THROUGH:
        return [(_("Checked and approved by the system, for its low risk"), claim.approved_at, approve, 2), *rest]
    ahead = [(_("Checked by a person"), claim.checked_at, _by(claim, Step.CHECK), 1)]
    if claim.needs_two:
        done_at = 1 if claim.status == ClaimStatus.FIRST_APPROVED else 2
        ahead.append((_("Approved by a second officer"), claim.first_approved_at, approve, done_at))
        ahead.append((_("Approved by a third officer, for its amount"), claim.approved_at, approve, 2))
    else:
        ahead.append((_("Approved by a second officer"), claim.approved_at, approve, 2))
    return [*ahead, *rest]


def _by(claim: Claim, step: Step) -> Words:
    if claim.status == ClaimStatus.RETURNED:
        return _("after your answer")
    return _("by %(day)s", day=day(deadlines.due_at(step, claim.clock_starts_at, handling(clock.today()))))
