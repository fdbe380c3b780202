"""The clock of a claim: by when each step is due, in working days that stand still while the provider is asked."""

from collections.abc import Sequence
from datetime import datetime

from config.claims import Handling
from marketplace.claims.states import ClaimStatus, Step
from marketplace.core import clock

STEPS = tuple(Step)
STEP_OF = {
    ClaimStatus.SUBMITTED: Step.CHECK,
    ClaimStatus.CHECKED: Step.APPROVE,
    ClaimStatus.FIRST_APPROVED: Step.APPROVE,
    ClaimStatus.APPROVED: Step.PAY,
    ClaimStatus.BATCHED: Step.PAY,
}
"""The step that a claim waits for, by status; every other status waits for no step of the agency."""
"""First the officers are told that a step is overdue, then the administrators."""


def due_at(step: Step, started_at: datetime, handling: Handling) -> datetime:
    """By when the step is to be done: the working days of all steps up to it, after the clock's start."""
    days = {Step.CHECK: handling.check_days, Step.APPROVE: handling.approve_days, Step.PAY: handling.pay_days}
    return clock.add_working_days(started_at, sum(days[earlier] for earlier in STEPS[: STEPS.index(step) + 1]))


def restarted(started_at: datetime, *, stopped_at: datetime, answered_at: datetime) -> datetime:
    """The start that a clock stopped for a while counts from: as many working days before the answer as were used."""
    return clock.subtract_working_days(answered_at, clock.working_days_between(started_at, stopped_at))


def alarms(started_at: datetime, handling: Handling) -> list[tuple[Step, int, datetime]]:
    """Every step and level with the moment at which it is to be told as overdue."""
    overdue = []
    for step in STEPS:
        due = due_at(step, started_at, handling)
        overdue += [(step, 1, due), (step, 2, clock.add_working_days(due, handling.escalate_days))]
    return overdue


def is_overdue(status: ClaimStatus, step: Step) -> bool:
    """Whether a claim in this status hasn't done the step yet; one that waits for the provider owes nothing."""
    return status in STEP_OF and STEPS.index(STEP_OF[status]) <= STEPS.index(step)


def ranges(ages: Sequence[int]) -> list[tuple[int, int | None]]:
    """The ranges of age between these upper ends, as first and last working day; the oldest range is open."""
    return list(zip([0, *[age + 1 for age in ages]], [*ages, None], strict=True))
