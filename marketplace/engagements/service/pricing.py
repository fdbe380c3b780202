"""An offer as the stages of its agreement: what of each is aid and what the company pays itself."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace.core.errors import DomainError
from marketplace.core.i18n import _
from marketplace.engagements.models import AgreementStage
from marketplace.jobs.models import BidContent
from marketplace.vouchers import queries as vouchers
from marketplace.vouchers.models import Voucher
from marketplace.vouchers.sharing import Shared


def share_offer(voucher: Voucher, content: BidContent) -> Shared:
    """The offer shared by the voucher's terms; refused without money left, or when no category of it is aided."""
    terms = vouchers.sharing_terms(voucher)
    if terms.remaining <= 0:
        raise DomainError(_("The voucher has no money left for this agreement."))
    shared = terms.share(content.prices, content.price_parts)
    if content.price_parts is not None and shared.aid <= 0:
        raise DomainError(_("By the cost shares this offer gets no aid, so no voucher is needed."))
    return shared


def price_stages(shared: Shared, stages: Sequence[str], content: BidContent) -> list[AgreementStage]:
    """Each stage of an offer with its aid and own share."""
    return [_stage(shared, code, position, content) for position, code in enumerate(stages, start=1)]


def aid_parts(shared: Shared) -> dict[str, int] | None:
    """What each budget line gives, where the shares differ by category of cost."""
    return None if shared.lines is None else {str(line): part for line, part in shared.lines.items()}


def _stage(shared: Shared, code: str, position: int, content: BidContent) -> AgreementStage:
    part = shared.stage(code)
    return AgreementStage(
        position=position,
        code=code,
        price_net=part.price,
        aid=part.aid,
        co_payment=part.co_payment,
        cost_parts=None if shared.lines is None else _by_category(shared, code),
        days=content.days[code],
    )


def _by_category(shared: Shared, stage: str) -> dict[str, dict[str, int]]:
    return {
        category: {"price": part.price, "aid": part.aid, "co_payment": part.co_payment}
        for category, part in shared.parts[stage].items()
    }
