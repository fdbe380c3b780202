"""What of an offer is aid and what the company pays: by the programme's cost shares and what its voucher has left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from marketplace.core.errors import DomainError
from marketplace.core.i18n import _
from marketplace.engagements import rules
from marketplace.engagements.models import AgreementStage
from marketplace.engagements.sharing import Part, Shared, share
from marketplace.jobs.models import BidContent
from marketplace.programmes import queries as programmes
from marketplace.vouchers import queries as vouchers
from marketplace.vouchers.models import Voucher


def price_stages(voucher: Voucher, stages: Sequence[str], content: BidContent) -> list[AgreementStage]:
    """Each stage of an offer with its aid and co-payment; all aid together never exceeds what the voucher has left."""
    if vouchers.remaining(voucher.id) <= 0:
        raise DomainError(_("The voucher has no money left for this agreement."))
    if content.price_parts is None:
        return _by_one_share(voucher, stages, content)
    shared = share_offer(voucher, content)
    return [_stage(content, code, shared.stage(code), cost_parts=_plain(shared, code)) for code in stages]


def share_offer(voucher: Voucher, content: BidContent) -> Shared:
    """An offer priced by category of cost, shared by each category's own shares over the voucher's budget lines."""
    line_of = {line.funder_id: line.id for line in programmes.budget_lines(voucher.call_id)}
    shares: dict[str, dict[UUID | None, int]] = defaultdict(dict)
    for cost_share in programmes.cost_shares(voucher.programme_id):
        shares[cost_share.category][line_of[cost_share.funder_id] if cost_share.funder_id else None] = (
            cost_share.basis_points
        )
    shared = share(content.price_parts or {}, shares, vouchers.voucher_lines(voucher.id))
    if shared.aid <= 0:
        raise DomainError(_("By the cost shares this offer gets no aid, so no voucher is needed."))
    return shared


def _by_one_share(voucher: Voucher, stages: Sequence[str], content: BidContent) -> list[AgreementStage]:
    shares = programmes.cost_shares(voucher.programme_id)
    own = sum(share.basis_points for share in shares if share.funder_id is None)
    remaining = vouchers.remaining(voucher.id)
    aid, _co_payment = rules.share_price(content.price_total, sme_basis_points=own, remaining=remaining)
    parts = rules.share_stages([content.prices[code] for code in stages], aid)
    return [
        _stage(content, code, Part(content.prices[code], part))
        for code, (part, _own) in zip(stages, parts, strict=True)
    ]


def _stage(
    content: BidContent, code: str, part: Part, *, cost_parts: dict[str, dict[str, int]] | None = None
) -> AgreementStage:
    return AgreementStage(
        code=code,
        price_net=part.price,
        aid=part.aid,
        co_payment=part.co_payment,
        cost_parts=cost_parts,
        days=content.days[code],
    )


def _plain(shared: Shared, stage: str) -> dict[str, dict[str, int]]:
    return {
        category: {"price": part.price, "aid": part.aid, "co_payment": part.co_payment}
        for category, part in shared.parts[stage].items()
    }
