"""The verb that takes the bank's report, and the background work that books it, movement by movement."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import IO
from uuid import UUID, uuid4

from sqlalchemy import func, select

from config.currencies import MINOR_UNITS
from config.payments import terms
from marketplace.claims import bank_files, camt, events, queries, rules
from marketplace.claims.bank_files import BadReport
from marketplace.claims.models import BankImport
from marketplace.claims.service import booking, incoming
from marketplace.core import clock, db, files
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record
from marketplace.core.errors import Invalid, Words
from marketplace.core.i18n import _, in_all_languages
from marketplace.core.tasks import Queue, announce, schedule, task
from marketplace.core.text import shown

# Files are read and booked one after the other, so that one movement reported twice is seen.
ONE_AT_A_TIME = 7_310_010
# A file of more bytes is read in the background, and any file while another one is being read.
LARGE = 500_000
# So many movements are booked at once; what a file holds besides is booked in the background.
PORTION = 200


def import_bank_file(stream: IO[bytes], *, actor: Actor, filename: str) -> BankImport:
    """Take a camt.052, camt.053 or camt.054 file; the same file again has no second effect, nor has known money.

    An entry that can't be read is set aside with its reason. A large file is kept, and read and booked in the
    background; one that can't be read is refused there, with its reason.
    """
    rules.check_role(actor, Role.BUDGET_OFFICER, Role.SYSTEM)
    made, is_new = _take(stream.read(bank_files.MAX_BYTES + 1), filename, actor)
    if is_new:
        _book(made.id, actor)
    return made


@dataclass
class Taken:
    """What became of an upload: the files that were taken, and those that were not, with why."""

    imports: list[BankImport] = field(default_factory=list)
    refused: list[tuple[str, Words]] = field(default_factory=list)


def import_upload(stream: IO[bytes], *, actor: Actor, filename: str) -> Taken:
    """Take a bank file, or each one in a ZIP, which are booked in the background. Invalid if none is taken."""
    rules.check_role(actor, Role.BUDGET_OFFICER)
    try:
        packed = bank_files.unpack(stream.read(bank_files.MAX_BYTES + 1), filename)
    except BadReport as error:
        raise _not_read(error) from error
    if len(packed) == 1:
        one = packed[0]
        return Taken([import_bank_file(io.BytesIO(one.content), actor=actor, filename=one.name)])
    taken = Taken()
    for one in packed:
        try:
            made, is_new = _take(one.content, one.name, actor)
        except Invalid as error:
            taken.refused.append((one.name, error.message))
            continue
        taken.imports.append(made)
        if is_new:
            schedule(book_bank_file, import_id=made.id, key=f"import:{made.id}")
    if not taken.imports:
        raise Invalid(taken.refused[0][1], field="file")
    return taken


def _take(content: bytes, filename: str, actor: Actor) -> tuple[BankImport, bool]:
    """Keep what one file says; the import, and whether it can be booked now."""
    at_once = len(content) <= LARGE and _is_free()
    digest = sha256(content).hexdigest()
    made = queries.find_import(digest)
    if made is not None and not made.refused:
        return made, False
    reports = _read(content) if at_once else []
    if made is None:
        made = BankImport(id=uuid4(), sha256=digest, file_name=shown(filename)[-150:], imported_by=actor.person_id)
        db.session.add(made)
        db.flush()
    if at_once:
        _keep(made, reports, actor)
    else:
        _keep_for_later(made, content)
    return made, at_once


def _keep_for_later(made: BankImport, content: bytes) -> None:
    if len(content) > bank_files.MAX_BYTES:
        raise _not_read(BadReport(bank_files.TOO_LARGE))
    with files.draft(made.id) as kept:
        kept.write(content)
    made.read_at = made.refused = None
    db.flush()
    schedule(read_bank_file, import_id=made.id, key=f"import:{made.id}:{clock.now().isoformat()}")


def _keep(made: BankImport, reports: Sequence[camt.Report], actor: Actor) -> None:
    topped = incoming.keep(made, reports)
    made.read_at, made.refused = clock.now(), None
    number = sum(len(report.bookings) for report in reports)
    record(actor, "bank_import.take", made, after={"sha256": made.sha256, "entries": number})
    for entry in topped:
        booking.book(entry, actor=actor)


def _read(content: bytes) -> list[camt.Report]:
    own = terms(clock.today())
    try:
        reports = camt.read(content, MINOR_UNITS, clock.zone(), largest_charge=own.largest_charge_percent)
        for report in reports:
            if report.kind not in own.reports:
                raise BadReport(
                    _("This agency's bank does not report by %(kind)s. Ask it for one of: %(kinds)s.",
                      kind=report.kind, kinds=", ".join(own.reports))
                )  # fmt: skip
    except BadReport as error:
        raise _not_read(error) from error
    return reports


def _not_read(error: BadReport) -> Invalid:
    return Invalid(_("This is not a bank report that can be read: %(why)s", why=error.words), field="file")


def _one_at_a_time() -> None:
    db.session.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))


def _is_free() -> bool:
    """Whether no other file is being read or booked; until this unit of work ends none will be."""
    return bool(db.session.scalar(select(func.pg_try_advisory_xact_lock(ONE_AT_A_TIME))))


@task("read_bank_file", _("Read a bank file"), Queue.MONEY)
def read_bank_file(import_id: UUID, *, actor: Actor) -> None:
    """Read a file that was kept, whole or not at all, and begin to book it; read before, nothing happens."""
    _one_at_a_time()
    made = db.get(BankImport, import_id, lock=True)
    if made.read_at is not None:
        return
    try:
        reports = _read(files.place(made.id).read_bytes())
    except Invalid as error:
        made.read_at, made.refused = clock.now(), in_all_languages(error.message)
        record(actor, "bank_import.refuse", made, after={"sha256": made.sha256})
        return
    _keep(made, reports, actor)
    _book(made.id, actor)


@task("book_bank_file", _("Book the movements of a bank file"), Queue.MONEY)
def book_bank_file(import_id: UUID, *, actor: Actor) -> None:
    """Book the next movements of a file, and ask for the rest; all of them booked, nothing happens."""
    _one_at_a_time()
    _book(import_id, actor)


def _book(import_id: UUID, actor: Actor) -> None:
    waiting = queries.waiting_entries(import_id, limit=PORTION)
    for entry in waiting:
        booking.book(entry, actor=actor)
    if len(waiting) == PORTION:
        schedule(book_bank_file, import_id=import_id, key=f"import:{import_id}:{waiting[-1].position}")
    else:
        announce(events.BANK_FILE_IMPORTED, import_id=import_id)
