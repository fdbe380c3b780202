"""Where money stands and where it came from: of a call, and of one voucher with all that became of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, CompoundSelect, Row, Select, bindparam, select, union_all

from marketplace.claims.models import Claim, Refund
from marketplace.core import db
from marketplace.engagements.models import Agreement, Engagement
from marketplace.ledger import queries as ledger
from marketplace.ledger.chart import PUBLIC_STAGES, OwnerKind, Stage
from marketplace.ledger.queries import Flow
from marketplace.programmes.models import BudgetLine

FURTHEST_FIRST = (OwnerKind.REFUND, OwnerKind.CLAIM, OwnerKind.AGREEMENT, OwnerKind.VOUCHER)


@dataclass(frozen=True)
class CallMoney:
    """Everything that moved on a call's budget lines, and what stands at each stage of each line."""

    flows: list[Flow]
    standing: Mapping[UUID, Mapping[Stage, int]]

    def total(self, stage: Stage) -> int:
        """What stands at a stage on all lines, in minor units."""
        return sum(amounts[stage] for amounts in self.standing.values())

    @property
    def appropriated(self) -> int:
        """Everything that funders gave, in minor units."""
        return sum(self.total(stage) for stage in PUBLIC_STAGES)


def of_lines(lines: Sequence[BudgetLine]) -> CallMoney:
    """The money of a call's budget lines, all or some, as the sums of transfers."""
    flows = ledger.flows([line.id for line in lines])
    standing = {line.id: dict.fromkeys(PUBLIC_STAGES, 0) for line in lines}
    for flow in flows:
        amounts = standing[flow.budget_line_id]
        for stage, amount in ((flow.source, -flow.amount), (flow.target, flow.amount)):
            if stage in amounts:
                amounts[stage] += amount
    return CallMoney(flows, standing)


def transfers_of_voucher(voucher_id: UUID) -> Select[*tuple[Any, ...]]:
    """Every transfer of a voucher's money: reserved for it, bound to its agreements, paid by its claims, given back;
    and of the company's own share beside it, with its refunds."""
    owners = db.session.scalars(_owners_behind(), {"voucher_id": voucher_id})
    return ledger.search_transfers(owner_ids=(voucher_id, *owners))


@cache
def _owners_behind() -> CompoundSelect[*tuple[Any, ...]]:
    """The agreements of a voucher, with their claims and refunds."""
    agreements = select(Agreement.id).where(Agreement.voucher_id == bindparam("voucher_id"))
    engagements = select(Engagement.id).where(Engagement.agreement_id.in_(agreements))
    paid = (select(model.id).where(model.engagement_id.in_(engagements)) for model in (Claim, Refund))
    return union_all(agreements, *paid)


@dataclass(frozen=True)
class Place:
    """What a transfer is about: the voucher, agreement, claim or refund, and the voucher behind it."""

    kind: OwnerKind
    id: UUID
    voucher_id: UUID | None


def places(transfers: Iterable[Row[Any]]) -> dict[UUID, Place]:
    """By transfer, the refund, claim, agreement or voucher whose account it moved, whichever is furthest on."""
    owners = {transfer.id: owner for transfer in transfers if (owner := _owner(transfer))}
    vouchers = _vouchers({owner_id for kind, owner_id in owners.values() if kind != OwnerKind.VOUCHER})
    return {
        transfer_id: Place(kind, owner_id, owner_id if kind == OwnerKind.VOUCHER else vouchers.get(owner_id))
        for transfer_id, (kind, owner_id) in owners.items()
    }


def _owner(transfer: Row[Any]) -> tuple[OwnerKind, UUID] | None:
    sides = {
        transfer.taker_owner_kind: transfer.taker_owner_id,
        transfer.giver_owner_kind: transfer.giver_owner_id,
    }
    return next(((kind, sides[kind]) for kind in FURTHEST_FIRST if sides.get(kind)), None)


def _vouchers(owner_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """The vouchers behind these agreements, claims and refunds."""
    ids = list(owner_ids)
    if not ids:
        return {}
    return {row[0]: row[1] for row in db.session.execute(_vouchers_behind(), {"ids": ids})}


@cache
def _vouchers_behind() -> CompoundSelect[*tuple[Any, ...]]:
    ids: BindParameter[UUID] = bindparam("ids", expanding=True)
    agreements = select(Agreement.id, Agreement.voucher_id).where(Agreement.id.in_(ids))
    paid = (
        select(model.id, Agreement.voucher_id)
        .join(Engagement, Engagement.id == model.engagement_id)
        .join(Agreement, Agreement.id == Engagement.agreement_id)
        .where(model.id.in_(ids))
        for model in (Claim, Refund)
    )
    return union_all(agreements, *paid)
