"""Pages of applications, allocation and vouchers."""

from flask import Blueprint

from marketplace.core import seen
from marketplace.programmes.models import Call, Programme
from marketplace.vouchers.models import Application, Evidence, Scoring, Voucher

blueprint = Blueprint("vouchers", __name__)

OFFERED = seen.Row(Application, within=((Application.call_id, Call), (Call.programme_id, Programme)))
seen.declare(
    blueprint,
    rows={
        "application_id": Application,
        "application_facts": seen.Row(Application, fields_alone=True),
        "application_need": seen.Row(Application, fields_alone=True),
        "offer_accept": OFFERED,
        "offer_decline": OFFERED,
        "evidence_id": seen.Row(Evidence, within=((Evidence.application_id, Application),)),
        "call_id": Call,
        "voucher_id": Voucher,
        "scoring_id": Scoring,
    },
    by_itself=(Voucher.reminded_percent, Application.end_told_at),  # mails were sent
    nothing={
        "apply": "begins an application",
        "application_evidence": "adds a file",
        "waiting_room_enter": "takes a place",
        "scorers_ask": "asks whoever is missing by then",
    },
)


from marketplace.vouchers.views import (  # noqa: E402
    agency,
    applications,
    calls,
    offers,
    scoring,
    submission,
    vouchers,
)

__all__ = ["agency", "applications", "blueprint", "calls", "offers", "scoring", "submission", "vouchers"]
