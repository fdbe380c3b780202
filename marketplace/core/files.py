"""Uploaded files: checked by name and content, stored under random names outside the web root."""

import errno
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Protocol
from uuid import UUID, uuid4

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core import containers, db
from marketplace.core.actors import Actor
from marketplace.core.db import Model, created_at, uuid_key
from marketplace.core.errors import DomainError, Invalid
from marketplace.core.i18n import _
from marketplace.core.text import tidy

MEBIBYTE = 1024 * 1024
LARGEST_FILE = 20 * MEBIBYTE
LARGEST_UNPACKED = 200 * MEBIBYTE

OFFICE = "application/vnd.openxmlformats-officedocument"
DOCUMENTS: Mapping[str, str] = {
    "pdf": "application/pdf",
    "docx": f"{OFFICE}.wordprocessingml.document",
    "xlsx": f"{OFFICE}.spreadsheetml.sheet",
    "hwp": "application/x-hwp",
    "hwpx": "application/hwp+zip",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
}

# The first bytes by which a type is known, of what is no container.
SIGNATURES = {
    "png": b"\x89PNG\r\n\x1a\n",
    "jpg": b"\xff\xd8\xff",
    "jpeg": b"\xff\xd8\xff",
    "xml": b"<?xml",
    "csv": b"",  # any text; whoever reads its cells finds out
}
ZIPPED = {*containers.MAIN_PARTS, "hwpx"}

TOO_LARGE = _("The file is larger than 20 MB. Make it smaller and try again.")
NO_ROOM = _(
    "The service has no room for files at this moment, and whoever runs it sees that too. Keep your file and try again"
    " later."
)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says when a file can't grow."""
PROTECTED = _("The file is protected by a password, so nobody here could read it. Save it without one and try again.")

_root = Path("var/files")
_reserve = 0


class StoredFile(Model):
    """A file as it was uploaded; the bytes lie under `id` in the files folder."""

    __tablename__ = "files"

    id: Mapped[UUID] = uuid_key()
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    uploaded_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = created_at()


def configure(root: Path, *, reserve: int = 0) -> None:
    """Set the folder of all uploaded files, and how many bytes of its disk are left to the database and the logs."""
    global _root, _reserve
    _root, _reserve = root, reserve
    _root.mkdir(parents=True, exist_ok=True)


def root() -> Path:
    """The folder of all uploaded files."""
    return _root


def have_room() -> bool:
    """True while the disk has more room than is left to others."""
    disk = os.statvfs(_root)
    return disk.f_bavail * disk.f_frsize >= _reserve


def path(file: StoredFile) -> Path:
    """Where the bytes lie."""
    return place(file.id)


def place(file_id: UUID) -> Path:
    """Where the bytes of the file with this id lie."""
    return _root / file_id.hex[:2] / file_id.hex


@contextmanager
def draft(file_id: UUID) -> Iterator[IO[bytes]]:
    """A file that is written bit by bit: what the block wrote is whole on disk after it, or isn't there.

    What an earlier writer left half done is removed, and a writer who comes too late fails.
    """
    target = place(file_id)
    remove(file_id)
    with whole(target) as output:
        yield output


@contextmanager
def whole(target: Path) -> Iterator[IO[bytes]]:
    """A new file that is there once all of it is on disk; nothing is left of one that was not finished."""
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_suffix(f".{uuid4().hex}")
    try:
        with open(half, "w+b") as output:
            yield output
            output.flush()
            os.fsync(output.fileno())
        half.rename(target)
    except BaseException:
        half.unlink(missing_ok=True)
        raise


def remove(file_id: UUID) -> None:
    """Delete the file and what was left half done of it."""
    for left in place(file_id).parent.glob(f"{file_id.hex}*"):
        left.unlink(missing_ok=True)


def store(stream: IO[bytes], filename: str, *, actor: Actor | None, kinds: Mapping[str, str] = DOCUMENTS) -> StoredFile:
    """Check and keep an upload; Invalid(field='file') if its name, size or content isn't allowed.

    DomainError (507) while the disk has no room.
    The bytes are written before the transaction ends: an undone transaction leaves a file that nothing names.
    """
    if not have_room():
        raise DomainError(NO_ROOM, field="file", status=507)
    content = stream.read(LARGEST_FILE + 1)
    extension = check(filename, content, kinds=kinds)
    file = StoredFile(
        id=uuid4(),
        name=clean_name(filename),
        media_type=kinds[extension],
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        uploaded_by=actor.person_id if actor else None,
    )
    with whole(path(file)) as output:
        output.write(content)
    db.session.add(file)
    db.session.flush()
    return file


class Upload(Protocol):
    """A file as a form gives it."""

    stream: IO[bytes]
    filename: str | None


def keep(upload: Upload | None, *, actor: Actor | None) -> StoredFile | None:
    """Store what a form gave, if it gave a file; Invalid(field='file') as in store()."""
    return store(upload.stream, upload.filename or "", actor=actor) if upload else None


def check(filename: str, content: bytes, *, kinds: Mapping[str, str]) -> str:
    """The file's kind by extension, which its content must bear out; Invalid otherwise."""
    extension = filename.rpartition(".")[2].lower()
    if extension not in kinds:
        allowed = ", ".join(kinds)
        raise Invalid(_("This kind of file is not taken. Use one of: %(kinds)s.", kinds=allowed), field="file")
    if not content:
        raise Invalid(_("The file is empty. Choose another one."), field="file")
    if len(content) > LARGEST_FILE:
        raise Invalid(TOO_LARGE, field="file")
    try:
        _check_content(extension, content)
    except containers.Protected as error:
        raise Invalid(PROTECTED, field="file") from error
    except containers.Broken as error:
        raise Invalid(
            _(
                "The content of the file is not what its name says (.%(kind)s). Save it anew and try again.",
                kind=extension,
            ),
            field="file",
        ) from error
    return extension


def _check_content(extension: str, content: bytes) -> None:
    """Broken or Protected unless the content is what such a file holds, and can be opened."""
    if extension == "pdf":
        # Readers find the header within so many bytes: mail programs and scanners write something before it.
        if b"%PDF-" not in content[:1024]:
            raise containers.Broken("no header")
        containers.check_pdf(content)
    elif extension == "hwp":
        containers.HangulDocument(content)
    elif extension in ZIPPED:
        if content.startswith(containers.OLE) and containers.has_password(content):
            raise containers.Protected(extension)
        containers.check_package(extension, content, most_bytes=LARGEST_UNPACKED)
    else:
        known = content.lstrip(b"\xef\xbb\xbf") if extension == "xml" else content
        if not known.startswith(SIGNATURES[extension]):
            raise containers.Broken("another kind")


def clean_name(filename: str) -> str:
    """The last part of the name, without control characters, at most 150 characters."""
    last = tidy(filename).replace("\\", "/").rpartition("/")[2]
    return "".join(character for character in last if character.isprintable())[-150:] or "file"
