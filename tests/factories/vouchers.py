"""Applications and vouchers as tests need them, made by the verbs."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor
from marketplace.programmes.models import Call
from marketplace.vouchers import queries, rules, service
from marketplace.vouchers.models import Application, Voucher
from tests.factories.accounts import make_sme
from tests.factories.programmes import PDF, earlier, make_call, make_programme

FACTS = {"sector": "manufacturing", "employees": 25, "capital": 500_000_000}


def make_draft(call: Call, sme: Actor | None = None, **facts: Any) -> Application:
    """An application that lacks only the signatory's declarations."""
    sme = sme or make_sme()
    application = service.start_application(call.id, actor=sme)
    service.save_facts(application.id, FACTS | facts, actor=sme)
    service.save_need(application.id, actor=sme, service_line="operations", need="Shorter delivery times.")
    service.attach_evidence(
        application.id, actor=sme, stream=io.BytesIO(PDF), filename="registration.pdf", kind="business_registration"
    )
    return application


def make_application(call: Call, sme: Actor | None = None, **facts: Any) -> Application:
    """A submitted application; of a small manufacturer unless told otherwise."""
    sme = sme or make_sme()
    draft = make_draft(call, sme, **facts)
    return service.submit(draft.id, actor=sme, declarations=set(rules.DECLARATIONS))


def allocate_all(call: Call, *, size: int = 50) -> None:
    """Close the call and answer every ticket, as the background does."""
    service.close_call(call.id, actor=SYSTEM)
    batch = 1
    while (allocation := queries.find_allocation(call.id)) is not None and allocation.finished_at is None:
        service.allocate_batch(call.id, batch, actor=SYSTEM, size=size)
        batch += 1


def make_voucher(sme: Actor | None = None, **terms: Any) -> Voucher:
    """A voucher issued now, in a call of its own that closed just before; its company's signatory is `sme`."""
    sme = sme or make_sme()
    with earlier(days=2):
        call = make_call(make_programme(**terms) if terms else None, closes_in=timedelta(days=1))
        application = make_application(call, sme)
    allocate_all(call)
    voucher = queries.visible_vouchers(sme).where(Voucher.application_id == application.id)
    return db.session.scalars(voucher).one()
