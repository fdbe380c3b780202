"""What became of the certificates that applications claim: settled before scoring begins, for good."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from marketplace.certificates import kinds
from marketplace.certificates import rules as certificate_rules
from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.audit import record
from marketplace.programmes.models import Call
from marketplace.vouchers import queries, rules
from marketplace.vouchers.models import Application, ClaimedCertificate
from marketplace.vouchers.service.applications import tell


def settle_certificates(call: Call, *, actor: Actor) -> bool:
    """Whether scoring may begin: nothing that is claimed is waited for any more, and what counts stands for good.

    The caller has locked the call.
    """
    rules.check_officer_or_system(actor)
    if queries.awaited(call.id):
        return False
    claims = queries.to_settle(call.id)
    for claim in claims:
        claim.settled_at = clock.now()
        claim.refusal = certificate_rules.refusal(claim.certificate, claim.valid_on)
    db.flush()
    for application_id, own in groupby(claims, key=lambda claim: claim.application_id):
        _tell(db.get(Application, application_id), list(own), actor)
    return True


def _tell(application: Application, claims: Sequence[ClaimedCertificate], actor: Actor) -> None:
    settled = {claim.kind: claim.refusal for claim in claims}
    record(actor, "application.settle_certificates", application, after={"refusals": settled})
    told = [{"kind": kinds.label(kind), "refusal": refusal} for kind, refusal in settled.items()]
    tell(application, "certificates_settled", certificates=told, valid_on=claims[0].valid_on)
