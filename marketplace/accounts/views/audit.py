"""Owns the pages about what happened: background tasks and the audit trail."""

from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts import queries
from marketplace.accounts.views.blueprint import blueprint
from marketplace.core import tasks
from marketplace.core.actors import Role
from marketplace.core.audit import AuditEntry
from marketplace.core.auth import current_actor, requires
from marketplace.core.db import session
from marketplace.core.exports import MOST_ROWS, export, wanted
from marketplace.core.i18n import _
from marketplace.core.tasks import BackgroundTask
from marketplace.core.web import done, page, paginate

TASK_STATES = {
    "dead": _("Given up"),
    "pending": _("Waiting"),
    "done": _("Done"),
    "cancelled": _("Cancelled"),
}


@blueprint.get("/background-tasks")
@requires(Role.ADMINISTRATOR, Role.AUDITOR)
def background_tasks() -> ResponseReturnValue:
    """Background tasks; those given up first need a person."""
    state = request.args.get("status", "dead")
    sorts = {"-created_at": BackgroundTask.created_at, "-run_after": BackgroundTask.run_after}
    found = paginate(
        queries.background_tasks(state if state in TASK_STATES else ""), sorts=sorts, key=BackgroundTask.id
    )
    return page("accounts/background_tasks.html", found=found, states=TASK_STATES, state=state)


@blueprint.post("/background-tasks/<uuid:task_id>/retry")
@requires(Role.ADMINISTRATOR)
def retry_task(task_id: UUID) -> ResponseReturnValue:
    """Give a dead task another five attempts."""
    tasks.retry(task_id, actor=current_actor())
    return done(_("The task is tried again within a few seconds."), url_for("accounts.background_tasks"))


@blueprint.get("/audit")
@requires(Role.ADMINISTRATOR, Role.AUDITOR)
def audit_log() -> ResponseReturnValue:
    """Who did what to which thing, and when."""
    statement = queries.audit_entries(
        action=request.args.get("action", "")[:100],
        person_id=_id(request.args.get("person_id", "")),
        subject_id=_id(request.args.get("subject_id", "")),
    )
    if wanted():
        return export(session.scalars(statement.order_by(AuditEntry.id.desc()).limit(MOST_ROWS)), COLUMNS, "audit")
    found = paginate(statement, sorts={"-id": AuditEntry.id, "id": AuditEntry.id}, key=AuditEntry.subject_id)
    return page("accounts/audit_log.html", found=found, names=queries.names(entry.person_id for entry in found.items))


COLUMNS = [
    (_("When"), lambda entry: entry.at),
    (_("Person"), lambda entry: entry.person_id),
    (_("Role"), lambda entry: entry.role),
    (_("Action"), lambda entry: entry.action),
    (_("Kind of thing"), lambda entry: entry.subject_type),
    (_("Thing"), lambda entry: entry.subject_id),
    (_("Before and after"), lambda entry: entry.body),
]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
