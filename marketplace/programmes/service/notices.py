"""The verbs of a call's notice: files beside its texts, and amendments once it is published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO
from uuid import UUID

from marketplace.core import clock, db, files
from marketplace.core.actors import Actor
from marketplace.core.audit import record
from marketplace.core.errors import Invalid
from marketplace.core.i18n import Text, _
from marketplace.core.tasks import announce
from marketplace.programmes import events, queries, rules
from marketplace.programmes.models import Amendment, Call, CallFile


@dataclass(frozen=True)
class Upload:
    """A file as it is sent, with its title, and which earlier file of the notice it replaces."""

    stream: IO[bytes]
    filename: str
    title: Text
    replaces_id: UUID | None = None


def add_call_file(call_id: UUID, upload: Upload, *, actor: Actor) -> CallFile:
    """Attach a file to a draft call; Invalid(field='file') for what is not a document."""
    rules.check_officer(actor)
    call = queries.get_call(call_id, lock=True)
    rules.check_draft(call)
    return _keep(call, None, upload, actor)


def remove_call_file(file_id: UUID, *, actor: Actor) -> Call:
    """Take a file of a draft call away again."""
    rules.check_officer(actor)
    call = queries.get_call(queries.get_call_file(file_id).call_id, lock=True)
    rules.check_draft(call)
    file = queries.get_call_file(file_id)
    record(actor, "call.remove_file", call, before={"file": str(file.file_id), "title": file.title})
    db.session.delete(file)
    db.flush()
    return call


def propose_amendment(
    call_id: UUID, *, actor: Actor, description: Text, conditions: Text, reason: Text, upload: Upload | None = None
) -> Amendment:
    """Write a correction of a published call's notice; the agency alone sees it until another officer publishes it."""
    rules.check_officer(actor)
    call = queries.get_call(call_id, lock=True)
    rules.check_amendable(call)
    for name, text in {"description": description, "conditions": conditions, "reason": reason}.items():
        rules.check_both(text, name)
    notice = queries.notice(call)
    if upload is None and (description, conditions) == (notice.description, notice.conditions):
        raise Invalid(_("Nothing is changed. Change a text or add a file."), field="description_ko")
    assert actor.person_id is not None
    texts = {"description": dict(description), "conditions": dict(conditions), "reason": dict(reason)}
    amendment = Amendment(call_id=call.id, created_by=actor.person_id, **texts)
    db.session.add(amendment)
    db.flush()
    record(actor, "call.propose_amendment", call, after={"amendment": str(amendment.id)} | texts)
    if upload is not None:
        _check_replaced(call, upload)
        _keep(call, amendment, upload, actor)
    return amendment


def publish_amendment(amendment_id: UUID, *, actor: Actor) -> Amendment:
    """Let an amendment count from now on, as another officer than its writer; whoever applied is told."""
    amendment = _lock(amendment_id)
    rules.check_second_officer(amendment, actor)
    rules.check_proposed(amendment)
    rules.check_amendable(amendment.call)
    amendment.published_by, amendment.published_at = actor.person_id, clock.now()
    db.flush()
    record(actor, "call.publish_amendment", amendment.call, after={"amendment": str(amendment.id)})
    announce(events.CALL_AMENDED, amendment_id=amendment.id)
    return amendment


def withdraw_amendment(amendment_id: UUID, *, actor: Actor) -> Call:
    """Take an amendment back that nobody has published, with its files."""
    rules.check_officer(actor)
    amendment = _lock(amendment_id)
    rules.check_proposed(amendment)
    call = amendment.call
    for file in queries.files_of_amendment(amendment.id):
        db.session.delete(file)
    db.flush()
    db.session.delete(amendment)
    db.flush()
    record(actor, "call.withdraw_amendment", call, before={"amendment": str(amendment_id)})
    return call


def _lock(amendment_id: UUID) -> Amendment:
    """The amendment, locked behind its call."""
    queries.get_call(queries.get_amendment(amendment_id).call_id, lock=True)
    return queries.get_amendment(amendment_id, lock=True)


def _check_replaced(call: Call, upload: Upload) -> None:
    """A file replaces one that holds now."""
    if upload.replaces_id is not None and upload.replaces_id not in {file.id for file in queries.notice(call).files}:
        raise Invalid(_("Choose one of the files that hold now."), field="replaces")


def _keep(call: Call, amendment: Amendment | None, upload: Upload, actor: Actor) -> CallFile:
    rules.check_both(upload.title, "title")
    assert actor.person_id is not None
    stored = files.store(upload.stream, upload.filename, actor=actor)
    file = CallFile(
        call_id=call.id,
        amendment_id=amendment and amendment.id,
        replaces_id=upload.replaces_id,
        file=stored,
        title=dict(upload.title),
        created_by=actor.person_id,
    )
    db.session.add(file)
    db.flush()
    record(actor, "call.add_file", call, after={"file": str(stored.id), "sha256": stored.sha256, "title": file.title})
    return file
