"""The one verb of reports: prove the books and publish what was found."""

from dataclasses import asdict
from datetime import timedelta

from marketplace.accounts import service as accounts
from marketplace.core import db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record
from marketplace.core.errors import Forbidden
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, task
from marketplace.reports import proof
from marketplace.reports.models import Reconciliation


@task("reconcile", _("Prove the books"), Queue.MAINTENANCE, every=timedelta(days=1))
def reconcile(*, actor: Actor) -> Reconciliation:
    """Prove the books and keep the result for everybody; auditors and administrators are told of any fault."""
    if actor.role is not Role.SYSTEM:
        raise Forbidden()
    books = proof.prove()
    made = Reconciliation(
        accounts=books.accounts,
        transfers=books.transfers,
        unexplained=books.unexplained,
        faults=[asdict(fault) for fault in books.faults],
    )
    db.session.add(made)
    db.flush()
    record(actor, "books.reconcile", made, after={"unexplained": made.unexplained, "faults": len(made.faults)})
    if made.faults:
        for role in (Role.AUDITOR, Role.ADMINISTRATOR):
            accounts.notify_role(
                role,
                "reports/books_do_not_balance",
                key=str(made.id),
                unexplained=made.unexplained,
                count=len(made.faults),
                path="/books",
            )
    return made
