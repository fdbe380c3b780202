"""What every part of the money machine stands on: doing a verb, looking at the books, choosing a row."""

import inspect
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, ClassVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import IntegrityError

from marketplace.claims.models import ClaimLine, Hold, PaymentLine
from marketplace.core import db
from marketplace.core.actors import Actor
from marketplace.core.errors import DomainError, _explanations
from marketplace.engagements.models import CoPayment, Engagement, Stage
from marketplace.ledger.models import MoneyRequest
from marketplace.reports import proof
from tests.machine.table import Table

# How many steps lie between two full proofs by all transfers; in between the identities are checked on balances.
PROOF_EVERY = 300
WHICH = st.integers(0, 15)
WHO = st.integers(0, 3)
OFTEN = st.sampled_from((False, False, False, True))

SOUND = text(
    """
    SELECT (SELECT coalesce(sum(balance), 0) FROM ledger_accounts) AS total,
           (SELECT count(*) FROM ledger_accounts WHERE balance < 0 AND NOT may_be_negative) AS below_zero,
           (SELECT count(*) FROM (
               SELECT budget_line_id FROM ledger_accounts WHERE budget_line_id IS NOT NULL GROUP BY budget_line_id
               HAVING -sum(balance) FILTER (WHERE stage = 'source') IS DISTINCT FROM sum(balance) FILTER (WHERE stage
                   IN ('available', 'reserved', 'committed', 'payable', 'paid', 'returned'))) AS lines) AS budget_lines,
           (SELECT count(*) FROM vouchers WHERE amount <> released
               + (SELECT coalesce(sum(balance), 0) FROM ledger_accounts WHERE stage = 'reserved'
                     AND owner_id = vouchers.id)
               + (SELECT coalesce(sum(balance), 0) FROM ledger_accounts JOIN agreements ON agreements.id = owner_id
                   WHERE stage = 'committed' AND voucher_id = vouchers.id)
               + (SELECT coalesce(sum(approved_aid), 0) FROM claims JOIN engagements ON engagements.id = engagement_id
                    JOIN agreements ON agreements.id = agreement_id
                   WHERE claims.status IN ('approved', 'batched', 'paid') AND voucher_id = vouchers.id)) AS vouchers
    """
)


UNCLAIMED = select(Stage.id).where(
    Stage.status == "accepted", Stage.id.not_in(select(ClaimLine.stage_id).where(ClaimLine.withdrawn_at.is_(None)))
)


def order_of(model: Any) -> Sequence[Any]:
    """An order that is the same when a play is played again; ids are not."""
    if model is Stage:
        return select(Engagement.number).where(Engagement.id == Stage.engagement_id).scalar_subquery(), Stage.position
    own = {CoPayment: CoPayment.reference, PaymentLine: PaymentLine.end_to_end_id, Hold: Hold.placed_at}
    return (own.get(model, getattr(model, "number", None)),)


class Play(RuleBasedStateMachine):
    """One play: it begins at the laid table and is undone at its end."""

    table: ClassVar[Table]
    connection: ClassVar[Connection]
    steps: ClassVar[int] = 0
    done: ClassVar[Counter[str]] = Counter()
    refused: ClassVar[Counter[str]] = Counter()
    money_verbs: ClassVar[set[str]] = set()
    keys = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = self.connection.begin_nested()
        self.played = 0
        with db.unit_of_work():
            db.load_clock()

    def teardown(self) -> None:
        """The books are proved by all transfers, then everything is undone."""
        self.prove()
        type(self).money_verbs.update(self.read(select(MoneyRequest.verb).where(MoneyRequest.answer_id.is_not(None))))
        db.session.remove()
        self.savepoint.rollback()
        with db.unit_of_work():
            db.load_clock()

    def attempt(self, verb: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Do the verb as a request does, in a unit of work of its own; then look at the books."""
        if "key" in inspect.signature(verb).parameters:
            kwargs.setdefault("key", self.key())
        try:
            with db.unit_of_work():
                verb(*args, **kwargs)
        except DomainError:
            self.refused[verb.__name__] += 1
        except IntegrityError as error:
            if error.orig.diag.constraint_name not in _explanations:  # type: ignore[union-attr]
                raise
            self.refused[verb.__name__] += 1
        else:
            self.done[verb.__name__] += 1
        type(self).steps += 1
        self.played += 1
        self.look()

    def key(self) -> str:
        """A form's one-time key."""
        return f"machine-{next(self.keys)}"

    def look(self) -> None:
        """The identities hold, by balances after every step and by all transfers every so often."""
        figures = self.connection.execute(SOUND).one()._mapping
        wrong = {name: count for name, count in figures.items() if count}
        assert not wrong, wrong
        if self.played % PROOF_EVERY == 0:
            self.prove()

    def prove(self) -> None:
        """The proof that the service itself publishes finds nothing."""
        with db.unit_of_work():
            faults = proof.prove().faults
        assert not faults, [str(fault) for fault in faults]

    def pick(self, model: Any, which: int, *statuses: str) -> UUID | None:
        """One of the rows in these statuses; any row where there is none, and sometimes anyway."""
        rows = self.connection.execute(select(model.id, model.status).order_by(*order_of(model))).all()
        ready = [row.id for row in rows if row.status in statuses]
        among = ready if ready and which < 13 else [row.id for row in rows]
        return among[which % len(among)] if among else None

    def read(self, statement: Any) -> Sequence[Any]:
        """The first column of what stands in the database between two units of work; past the session, which costs."""
        return self.connection.scalars(statement).all()

    def company(self, organisation_id: UUID) -> Actor:
        """The signatory of a company."""
        return self.table.companies[organisation_id]

    def officer(self, who: int) -> Actor:
        """One of those who may, or may not, approve and pay."""
        first, second, third = self.table.budget_officers  # of a large claim two approve and another one pays
        return (first, second, self.table.officer, third)[who]

    def call(self, first: bool) -> UUID:
        """The call whose vouchers are given, or the one that is closed and not allocated yet."""
        return self.table.allocated if first else self.table.waiting
