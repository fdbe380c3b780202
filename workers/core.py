"""Tasks of the core: seal the audit trail, purge what is spent."""

from uuid import UUID

from marketplace.core import housekeeping
from marketplace.core.tasks import Task
from workers.celery_app import handles


@handles(Task.SEAL_AUDIT)
def seal_audit(subject: UUID, wave: int) -> None:
    """Chain the audit entries not yet sealed and sign the head."""
    housekeeping.seal_audit()


@handles(Task.PURGE_SESSIONS)
def purge_sessions(subject: UUID, wave: int) -> None:
    """Delete one-time keys and finished background tasks that nobody can need any more."""
    housekeeping.purge()
