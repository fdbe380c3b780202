"""What vouchers prove about an engagement, for those who check it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from marketplace.accounts import queries as accounts
from marketplace.core import db
from marketplace.programmes.models import Programme
from marketplace.vouchers.models import Application, Voucher
from marketplace.vouchers.states import VoucherStatus


@dataclass(frozen=True)
class Evidence:
    """A voucher with its application and programme, and the programme's other vouchers of the same company."""

    voucher: Voucher
    application: Application
    programme: Programme
    active_numbers: Sequence[str]
    of_undertaking: Sequence[Voucher]


def evidence(voucher_id: UUID) -> Evidence:
    """What is stored of this voucher and those beside it."""
    voucher = db.get(Voucher, voucher_id)
    beside = select(Voucher).where(Voucher.programme_id == voucher.programme_id)
    linked = accounts.undertaking_of(voucher.organisation_id)
    active = Voucher.status.in_((VoucherStatus.ISSUED, VoucherStatus.SUSPENDED))
    own = beside.where(Voucher.organisation_id == voucher.organisation_id, active).with_only_columns(Voucher.number)
    undertaking = beside.where(Voucher.organisation_id.in_(linked))
    return Evidence(
        voucher=voucher,
        application=db.get(Application, voucher.application_id),
        programme=db.get(Programme, voucher.programme_id),
        active_numbers=db.session.scalars(own.order_by(Voucher.number)).all(),
        of_undertaking=db.session.scalars(undertaking.order_by(Voucher.issued_at, Voucher.id)).all(),
    )
