"""What waits for whom, and the daily proofs of the books."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Select, select

from marketplace.core import db
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import Words
from marketplace.reports import counts
from marketplace.reports.models import Reconciliation
from marketplace.reports.work import WORK


@dataclass(frozen=True)
class Waiting:
    """Work that waits for this actor now."""

    text: Words
    endpoint: str
    count: int
    filter: Mapping[str, str]
    anchor: str | None


def waiting_for(actor: Actor) -> list[Waiting]:
    """What waits for this actor's hand, in the order of the story; nothing that is empty. Counted by one statement."""
    if actor.role not in WORK:
        return []
    numbers = db.session.execute(_numbers(actor.role), counts.parameters(actor)).one()
    return [
        Waiting(work.text, work.endpoint, number, work.filter, work.anchor)
        for work, number in zip(WORK[actor.role], numbers, strict=True)
        if number
    ]


@cache
def _numbers(role: Role) -> Select[*tuple[int, ...]]:
    """One statement for all counts of a role; built once, since putting it together costs more than running it."""
    return select(*(work.count().scalar_subquery() for work in WORK[role]))


def reconciliations() -> Select[Reconciliation]:
    """Every proof of the books."""
    return select(Reconciliation)


def last_reconciliation() -> Reconciliation | None:
    """The newest proof of the books, if there was one."""
    newest = reconciliations().order_by(Reconciliation.run_at.desc(), Reconciliation.id.desc())
    return db.session.scalars(newest.limit(1)).one_or_none()
