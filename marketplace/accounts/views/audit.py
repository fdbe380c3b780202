"""The pages about what happened: background tasks and the audit trail."""

import json
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts import queries, trail
from marketplace.accounts.acts import act_words
from marketplace.accounts.forms import AuditFilter, TaskFilter
from marketplace.accounts.models import Person
from marketplace.accounts.views.blueprint import blueprint
from marketplace.core import task_queue
from marketplace.core.actors import ROLE_LABELS, Role
from marketplace.core.audit import AuditEntry
from marketplace.core.auth import current_actor, requires
from marketplace.core.exports import export, requested_format
from marketplace.core.i18n import _
from marketplace.core.listings import in_order, paginate, sorts
from marketplace.core.task_queue import BackgroundTask, TaskStatus
from marketplace.core.tasks import label_of
from marketplace.core.web import done, page

TASK_SORTS = sorts("-created_at", BackgroundTask.created_at)
AUDIT_SORTS = sorts("-id", AuditEntry.id)


@blueprint.get("/background-tasks")
@requires(Role.ADMINISTRATOR, Role.AUDITOR)
def background_tasks() -> ResponseReturnValue:
    """Background tasks; those given up first need a person."""
    form = TaskFilter(formdata=request.args)
    form.validate()
    statement = queries.background_tasks(TaskStatus.of(form.chosen("status")), form.chosen("search"))
    if requested_format():
        rows = in_order(statement, TASK_SORTS, key=BackgroundTask.id)
        return export(rows, TASK_COLUMNS, "background-tasks", _("Background tasks"))
    return page(
        "accounts/background_tasks.html",
        listing=paginate(statement, sorts=TASK_SORTS, key=BackgroundTask.id),
        form=form,
        label_of=label_of,
        arguments=ARGUMENTS,
    )


@blueprint.post("/background-tasks/<uuid:task_id>/retry")
@requires(Role.ADMINISTRATOR)
def retry_task(task_id: UUID) -> ResponseReturnValue:
    """Give a dead task another five attempts."""
    task_queue.retry(task_id, actor=current_actor())
    return done(_("The task is tried again within a few seconds."), url_for("accounts.background_tasks"))


@blueprint.get("/audit")
@requires(Role.ADMINISTRATOR, Role.AUDITOR)
def audit_log() -> ResponseReturnValue:
    """Who did what to which thing, and when."""
    asked = {name: request.args.get(name, "").strip()[:100] for name in ("action", "person_id", "subject_id")}
    statement = trail.audit_entries(action=asked["action"], person=asked["person_id"], thing=asked["subject_id"])
    shown = statement.select_from(AuditEntry).outerjoin(Person, Person.id == AuditEntry.person_id)
    if requested_format():
        rows = in_order(shown.with_only_columns(*SHOWN, *EXPORTED), AUDIT_SORTS, key=AuditEntry.subject_id)
        return export(rows, AUDIT_COLUMNS, "audit", _("Audit trail"))
    listing = paginate(shown.with_only_columns(*SHOWN), sorts=AUDIT_SORTS, key=AuditEntry.subject_id, counted=False)
    return page(
        "accounts/audit_log.html",
        listing=listing,
        form=AuditFilter(request.args),
        act_words=act_words,
        names=trail.names_of(listing.items),
    )


ARGUMENTS = {
    "application_id": _("Application"),
    "bank_entry_id": _("Bank entry"),
    "batch": _("Piece"),
    "call_id": _("Call"),
    "case_id": _("Case"),
    "claim_id": _("Claim"),
    "deduction_id": _("Deduction"),
    "deliverable_id": _("Document"),
    "download_id": _("Download"),
    "engagement_id": _("Engagement"),
    "import_id": _("Bank file"),
    "instalment_id": _("Instalment"),
    "job_id": _("Job"),
    "level": _("Level"),
    "message_id": _("E-mail"),
    "number": _("Number"),
    "occasion": _("Occasion"),
    "requests": _("Requests before"),
    "side": _("Side"),
    "step": _("Step"),
    "survey_id": _("Survey"),
}
"""What a background task is about, by the names of its arguments."""

TASK_COLUMNS = [
    (_("Task"), lambda task: label_of(task.name)),
    (_("Name"), lambda task: task.name),
    (_("Key"), lambda task: task.key),
    (_("About"), lambda task: task.arguments),
    (_("Status"), lambda task: task.status.label),
    (_("Asked for"), lambda task: task.created_at),
    (_("Due"), lambda task: task.run_after),
    (_("Finished"), lambda task: task.finished_at),
    (_("Failures"), lambda task: task.failures),
    (_("Last error"), lambda task: task.last_error),
]
AUDIT_COLUMNS = [
    (_("When"), lambda entry: entry.at),
    (_("Who"), lambda entry: entry.name),
    (_("Role"), lambda entry: ROLE_LABELS.get(entry.role, entry.role)),
    (_("What was done"), lambda entry: act_words(entry.action)),
    (_("Action"), lambda entry: entry.action),
    (_("Kind of thing"), lambda entry: entry.subject_type),
    (_("Thing"), lambda entry: entry.subject_id),
    (_("Reason"), lambda entry: entry.body.get("reason")),
    (_("Before and after"), lambda entry: json.dumps(entry.body, ensure_ascii=False, sort_keys=True)),
    (_("Number of the entry"), lambda entry: entry.id),
    (_("Id of the person"), lambda entry: entry.person_id),
    (_("Role code"), lambda entry: entry.role),
]


EXPORTED = (AuditEntry.id, AuditEntry.person_id)
SHOWN = (
    AuditEntry.at,
    Person.name,
    AuditEntry.role,
    AuditEntry.action,
    AuditEntry.subject_type,
    AuditEntry.subject_id,
    AuditEntry.body,
)
