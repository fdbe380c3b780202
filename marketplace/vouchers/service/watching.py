"""Scoring waits for the certificates that are claimed: it goes on when one is decided, and when the time is over."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from uuid import UUID

from marketplace.accounts.models import AGENCY_ID
from marketplace.accounts.service import notify_organisation
from marketplace.certificates import events as certificate_events
from marketplace.certificates import kinds
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, Subscription, task
from marketplace.programmes import scoring as usual_scoring
from marketplace.vouchers import queries, rules
from marketplace.vouchers.models import Application
from marketplace.vouchers.service.allocation import close_call
from marketplace.vouchers.service.applications import tell


@task(
    "certificate_decided",
    _("Begin the scoring that waited for a certificate"),
    Queue.MONEY,
    on=[Subscription(certificate_events.DECIDED)],
)
def certificate_decided(certificate_id: UUID, *, actor: Actor) -> None:
    """Go on with the closed calls in which this certificate is claimed."""
    rules.check_system(actor)
    for call_id in queries.calls_to_settle(certificate_id):
        close_call(call_id, actor=SYSTEM)


@task(
    "certificate_revoked",
    _("Tell officers of a certificate that counted and was revoked since"),
    Queue.MAIL,
    on=[Subscription(certificate_events.REVOKED)],
)
def certificate_revoked(certificate_id: UUID, *, actor: Actor) -> int:
    """Tell programme and ethics officers in which applications its points counted; in how many.

    What was decided stays.
    """
    rules.check_system(actor)
    claims = queries.counted(certificate_id)
    for claim in claims:
        application = db.get(Application, claim.application_id)
        notify_organisation(
            AGENCY_ID,
            [Role.PROGRAMME_OFFICER, Role.ETHICS_OFFICER],
            "vouchers/certificate_revoked",
            key=f"{certificate_id}:{application.id}",
            number=application.number,
            call=application.call.title,
            certificate={"kind": kinds.label(claim.kind), "number": claim.number},
            revoked_on=claim.certificate.revoked_on,
            valid_on=claim.valid_on,
            path=f"/applications/{application.id}",
        )
    return len(claims)


@task(
    "watch_certificates",
    _("Tell whose certificates are unverified, or go on without them"),
    Queue.MONEY,
    every=timedelta(hours=1),
)
def watch_certificates(*, actor: Actor) -> int:
    """Go on with calls whose time to verify is over, and tell companies some days before; how many claims are open."""
    rules.check_system(actor)
    for call_id in queries.calls_to_settle():
        close_call(call_id, actor=SYSTEM)
    days = usual_scoring.on(clock.today())["certificate_reminder_days"]
    near = queries.unverified_by(clock.today() + timedelta(days=days))
    for application_id, own in groupby(near, key=lambda claim: claim.application_id):
        claims = list(own)
        tell(
            db.get(Application, application_id),
            "certificates_unverified",
            certificates=[{"kind": kinds.label(claim.kind), "number": claim.number} for claim in claims],
            verify_by=claims[0].verify_by,
        )
    return len(near)
