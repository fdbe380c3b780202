"""The risk of a claim: points for plain facts, and the recorded draw that sends some of low risk to people."""

from dataclasses import dataclass
from hashlib import sha256

from config.claims import Risk
from marketplace.claims.states import Route

DRAWS = 10_000


@dataclass(frozen=True)
class Facts:
    """What is known of a claim when its way is decided; amounts in minor units."""

    net_amount: int
    currency: str
    invoice_gross: int
    paid_before: int
    returned_before: int
    holds: int
    account_changed: bool
    suspended_before: bool
    failed_checks: int


@dataclass(frozen=True)
class Decision:
    """Which facts spoke against a claim, with how many points, its draw, and the way it goes."""

    signals: list[str]
    score: int
    draw: int
    sampled: bool
    route: str


def signals(facts: Facts, limits: Risk) -> list[str]:
    """The facts that count as a risk, as keys of the points."""
    present = {
        "large_amount": facts.net_amount >= limits.large_from.get(facts.currency, 0),
        "first_claim": facts.paid_before == 0,
        "held_before": facts.holds > 0,
        "account_changed": facts.account_changed,
        "suspended_before": facts.suspended_before,
        "odd_invoice": facts.invoice_gross * 100 > facts.net_amount * limits.usual_gross_percent,
        "returned_before": facts.returned_before > 0,
        "failed_check": facts.failed_checks > 0,
    }
    return [code for code, speaks in present.items() if speaks]


def draw(seed: str, number: str) -> int:
    """A number from 0 to 9,999 that anybody can compute again from the claim's stored seed and its number."""
    return int.from_bytes(sha256(f"{seed}:{number}".encode()).digest()[:8]) % DRAWS


def decide(facts: Facts, limits: Risk, *, drawn: int, needs_two: bool) -> Decision:
    """Straight through for low risk that wasn't drawn and needs one approval only; everything else goes to people."""
    present = signals(facts, limits)
    score = sum(limits.points[code] for code in present)
    low = score <= limits.low_points and not needs_two
    sampled = drawn < limits.sample_share
    return Decision(present, score, drawn, sampled, Route.STRAIGHT_THROUGH if low and not sampled else Route.PEOPLE)
