"""What was typed into a form whose session had ended: kept for whoever opened that form, and shown to nobody else."""

import json
from datetime import datetime
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID, uuid4

from cryptography.fernet import MultiFernet
from flask import g, has_request_context, request
from sqlalchemy import CheckConstraint, Index, UniqueConstraint, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped
from werkzeug.datastructures import ImmutableMultiDict

from config import retention
from marketplace.core import auth, db, keys, uploads
from marketplace.core.actors import Actor
from marketplace.core.db import Model, created_at, uuid_key

FOR = retention.periods()["kept_forms"]
MOST = 10  # of one person; the oldest makes way
LARGEST = 200 * 1024
SHORT = 40  # characters that are quickly typed again
SECRETS = frozenset({"csrf_token", "key", "password", "current"})
"""Fields that are never kept: tokens, and every password (a test looks for others)."""


class KeptForm(Model):
    """The fields of one form, encrypted: a bid is as secret here as under its seal."""

    __tablename__ = "kept_forms"
    __table_args__ = (
        UniqueConstraint("person_id", "path"),
        CheckConstraint("octet_length(fields) <= 400000", name="fields"),
        Index(None, "created_at"),
    )

    id: Mapped[UUID] = uuid_key()
    person_id: Mapped[UUID]
    membership_id: Mapped[UUID | None]
    path: Mapped[str]
    fields: Mapped[bytes]
    created_at: Mapped[datetime] = created_at()


def keep(origin: Actor) -> str | None:
    """Keep what this request sent; the address that shows the form filled in, None where that isn't possible."""
    assert origin.person_id is not None
    sent = [(name, text) for name, text in request.form.items(multi=True) if name not in SECRETS]
    sent += [
        (f"{name}_kept", uploads.keep(file, origin.person_id) or "") for name, file in request.files.items() if file
    ]
    fields = json.dumps(sent)
    if request.url_rule is None or "GET" not in (request.url_rule.methods or ()) or len(fields) > LARGEST:
        return None
    kept_id = uuid4()
    with db.unit_of_work():
        kept = insert(KeptForm).values(
            id=kept_id,
            person_id=origin.person_id,
            membership_id=origin.membership_id,
            path=request.path,
            fields=_cipher().encrypt(fields.encode()),
        )
        # The newest text of a form takes the place of an older one.
        newer = {name: kept.excluded[name] for name in ("id", "membership_id", "fields", "created_at")}
        db.session.execute(kept.on_conflict_do_update(index_elements=["person_id", "path"], set_=newer))
        newest = select(KeptForm.id).where(KeptForm.person_id == origin.person_id)
        too_many = newest.order_by(KeptForm.created_at.desc(), KeptForm.id).offset(MOST)
        db.session.execute(delete(KeptForm).where(KeptForm.id.in_(too_many.scalar_subquery())))
    query = {**request.args.to_dict(), "kept": str(kept_id)}
    return f"{request.path}?{urlencode(query)}"


def texts() -> list[str]:
    """The longer texts that this request sent: a page that refuses it shows them, to be copied."""
    known = SECRETS | {"seen"}
    return [text for name, text in request.form.items(multi=True) if name not in known and len(text) > SHORT]


def typed() -> ImmutableMultiDict[str, str] | None:
    """On a page whose address names it: what its reader typed there before; None on every other page."""
    if not has_request_context() or request.method != "GET" or "kept" not in request.args:
        return None
    if "kept" not in g:
        row = _find(request.args["kept"], auth.current_actor().person_id)
        fits = row is not None and row.path == request.path
        g.kept = ImmutableMultiDict(json.loads(_cipher().decrypt(row.fields))) if row and fits else None
    kept: ImmutableMultiDict[str, str] | None = g.kept
    return kept


def role_of(address: str | None, person_id: UUID) -> UUID | None:
    """The membership in which the form was opened that waits for this person at the address."""
    key = parse_qs(urlsplit(address or "").query).get("kept")
    row = _find(key[0], person_id) if key else None
    return row.membership_id if row else None


def forget() -> None:
    """The form that this request sent was kept before, and has now taken effect."""
    row = _find(request.args["kept"], auth.current_actor().person_id) if "kept" in request.args else None
    if row is not None:
        db.session.delete(row)


def delete_old() -> None:
    """Delete what was kept long enough."""
    db.session.execute(delete(KeptForm).where(KeptForm.created_at < func.app_now() - FOR))


def _find(key: str, person_id: UUID | None) -> KeptForm | None:
    try:
        kept_id = UUID(key)
    except ValueError:
        return None
    mine = select(KeptForm).where(KeptForm.id == kept_id, KeptForm.person_id == person_id)
    return db.session.scalars(mine.where(KeptForm.created_at >= func.app_now() - FOR)).one_or_none()


def _cipher() -> MultiFernet:
    return keys.cipher("kept forms")
