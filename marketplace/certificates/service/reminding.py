"""Reminders before a certificate ends."""

from __future__ import annotations

from datetime import timedelta

from marketplace.accounts.service import notify_organisation
from marketplace.certificates import kinds, queries, rules
from marketplace.certificates.service.verifying import READERS
from marketplace.core import clock
from marketplace.core.actors import Actor
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, task


@task("remind_of_certificates", _("Remind of certificates that end soon"), Queue.MAIL, every=timedelta(days=1))
def remind_of_certificates(*, actor: Actor) -> int:
    """Remind each company some days before a certificate ends, once for each of these days; how many were told.

    A day on which this didn't run is made up for; whoever holds a later certificate is left alone.
    """
    rules.check_system(actor)
    days, today = kinds.terms().reminder_days, clock.today()
    ending = queries.ending(today + timedelta(days=max(days)))
    for certificate in ending:
        left = (certificate.valid_until - today).days
        reached = min(reminder for reminder in days if left <= reminder)
        notify_organisation(
            certificate.organisation_id,
            READERS,
            "certificates/ending",
            key=f"{certificate.id}:{certificate.valid_until}:{reached}",
            kind=kinds.label(certificate.kind),
            issuer=kinds.known(certificate.kind).issuer,
            number=certificate.number,
            valid_until=certificate.valid_until,
            path="/certificates",
        )
    return len(ending)
