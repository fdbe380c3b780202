"""A file that came with a form which was refused: it waits for its sender for a day, and need not be sent again."""

import io
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import UUID, uuid4

from flask import g
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.datastructures import FileStorage

from config import retention
from marketplace.core import clock, files, keys

FOR = retention.periods()["kept_uploads"]
MOST = 5  # of one person; the oldest makes way


def keep(upload: FileStorage, person_id: UUID) -> str | None:
    """Keep the file for this person; the signed name by which their form refers to it, None without room for it."""
    upload.stream.seek(0)
    content = upload.stream.read(files.LARGEST_FILE + 1)
    upload.stream.seek(0)
    if not content or len(content) > files.LARGEST_FILE or not files.have_room():
        return None
    own, file_id, now = _folder() / person_id.hex, uuid4(), clock.now().timestamp()
    own.mkdir(parents=True, exist_ok=True)
    for older in sorted(own.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)[MOST - 1 :]:
        older.unlink(missing_ok=True)
    with files.whole(own / file_id.hex) as output:
        output.write(content)
    os.utime(own / file_id.hex, (now, now))
    return _signer().dumps([person_id.hex, file_id.hex, files.clean_name(upload.filename or "")])


def take(fields: Mapping[str, str], name: str, person_id: UUID | None) -> tuple[str, FileStorage] | None:
    """The file that this person's form refers to in place of a new one, and its signed name; None without one."""
    token = fields.get(f"{name}_kept", "")
    if not token or fields.get(f"{name}_remove"):
        return None
    try:
        owner, file_id, filename = _signer().loads(token)
    except BadData:
        return None
    path = _folder() / owner / file_id
    if person_id is None or owner != person_id.hex or not path.exists() or _is_old(path):
        return None
    g.taken = [*g.get("taken", []), path]
    return token, FileStorage(io.BytesIO(path.read_bytes()), filename)


def delete_taken() -> None:
    """Delete the files that came with the form which has now taken effect: its verb has stored its own."""
    for path in g.get("taken", []):
        path.unlink(missing_ok=True)


def delete_old() -> None:
    """Delete what waited long enough."""
    for path in _all():
        if _is_old(path):
            path.unlink(missing_ok=True)


def _all() -> Iterator[Path]:
    return _folder().glob("*/*")


def _is_old(path: Path) -> bool:
    return path.stat().st_mtime < (clock.now() - FOR).timestamp()


def _folder() -> Path:
    return files.root() / "pending"


def _signer() -> URLSafeSerializer:
    return keys.signer("uploads")
