"""Pages of bank files: list, take one in, and what each movement did."""

from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue

from marketplace.claims import queries, service
from marketplace.claims.forms import ImportForm
from marketplace.claims.models import BankEntry, BankImport
from marketplace.claims.rules import note_words
from marketplace.claims.views.blueprint import blueprint
from marketplace.core import exports
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.errors import Words
from marketplace.core.i18n import _
from marketplace.core.listings import in_order, paginate, sorts
from marketplace.core.money import Money
from marketplace.core.web import done, page

READERS = (Role.BUDGET_OFFICER, Role.AUDITOR)
SORTS = sorts("-created_at", BankImport.created_at)
MOVEMENTS = sorts("position", BankEntry.position, within=BankEntry.import_id)
LISTED = (BankImport.id, BankImport.created_at, BankImport.file_name, BankImport.read_at, BankImport.refused)
MOST_UNMATCHED = 20
COLUMNS = [
    (_("Booked on"), lambda row: row.BankEntry.booked_on),
    (_("Counts from"), lambda row: row.BankEntry.valued_on),
    (_("Account"), lambda row: row.BankEntry.account),
    (_("Reference of the bank"), lambda row: row.BankEntry.bank_reference),
    (_("Payment reference"), lambda row: row.BankEntry.reference),
    (_("Reference and words"), lambda row: _said(row.BankEntry)),
    (_("Amount"), lambda row: Money(row.BankEntry.signed, row.BankEntry.currency)),
    (_("Currency"), lambda row: row.BankEntry.currency),
    (_("Account holder"), lambda row: row.BankEntry.debtor),
    (_("Account of the holder"), lambda row: row.BankEntry.debtor_account),
    (_("What it did"), lambda row: str(row.BankEntry.outcome.label)),
    (_("Note"), lambda row: note_words(row.BankEntry.note)),
    (_("Assigned"), lambda row: str(row.kind.label) if row.kind else ""),
    (_("Assigned by"), lambda row: row.assigned_by),
    (_("Reason"), lambda row: row.reason),
    (_("Taken"), lambda row: row.created_at),
    (_("File"), lambda row: row.file_name),
]


def _said(entry: BankEntry) -> str:
    return " · ".join(dict.fromkeys(filter(None, (entry.reference, entry.remittance))))


@blueprint.get("/bank-imports")
@requires(*READERS)
def bank_imports() -> ResponseReturnValue:
    """Every file taken from the bank, and movements that match nothing."""
    if exports.requested_format():
        return exports.export(queries.entries(), COLUMNS, "bank-entries", _("Movements"))
    listing = paginate(queries.imports().with_only_columns(*LISTED), sorts=SORTS, key=BankImport.id)
    unmatched = queries.unmatched_entries(limit=MOST_UNMATCHED)
    return page(
        "claims/bank_imports.html",
        listing=listing,
        outcomes=queries.outcomes_of([row.id for row in listing.items]),
        unmatched=unmatched,
        are_all=len(unmatched) < MOST_UNMATCHED,
        in_suspense=queries.in_suspense([row.id for row in unmatched]),
        proposals=queries.proposals_of([row.id for row in unmatched]),
        note_words=note_words,
    )


@blueprint.route("/bank-imports/new", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def new_import() -> ResponseReturnValue:
    """Take a report of the bank."""
    form = ImportForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            upload = form.file.data
            taken = service.import_upload(upload.stream, actor=current_actor(), filename=upload.filename or "")
            if len(taken.imports) == 1 and not taken.refused:
                made = taken.imports[0]
                words = _("The bank file is taken.") if made.read_at else _("The bank file is kept and will be read.")
                return done(words, url_for(".bank_import", import_id=made.id))
            return done(_what_became(taken), url_for(".bank_imports"))
    return page("claims/new_import.html", form=form)


@blueprint.get("/bank-imports/<uuid:import_id>/progress")
@requires(*READERS)
def import_progress(import_id: UUID) -> ResponseReturnValue:
    """How far a file is, for the page that shows it."""
    how_far = queries.progress(import_id)
    return {"texts": {"progress": str(_progress_words(how_far))}, "percent": how_far.percent}


@blueprint.get("/bank-imports/<uuid:import_id>")
@requires(*READERS)
def bank_import(import_id: UUID) -> ResponseReturnValue:
    """One file and what each of its movements did."""
    made = queries.get_import(import_id)
    if exports.requested_format():
        rows = in_order(queries.entries().where(BankEntry.import_id == import_id), MOVEMENTS, key=BankEntry.id)
        return exports.export(rows, COLUMNS, "bank-entries", _("Movements"))
    listing = paginate(queries.movements_shown(import_id), sorts=MOVEMENTS, key=BankEntry.id)
    outcomes = queries.outcomes_of([import_id]).get(import_id, {})
    how_far = queries.progress(import_id)
    return page(
        "claims/bank_import.html",
        made=made,
        proofs=queries.proofs(made.reports),
        listing=listing,
        outcomes=outcomes,
        progress=how_far,
        progress_words=_progress_words(how_far),
        in_suspense=queries.in_suspense([row.id for row in listing.items]),
        note_words=note_words,
    )


def _progress_words(progress: queries.Progress) -> Words:
    if not progress.is_read:
        return _("The file waits its turn or is being read: a minute for 20,000 entries. Then it is booked.")
    if progress.booked < progress.movements:
        return _("%(done)s of %(all)s movements are booked.", done=progress.booked, all=progress.movements)
    return _("All %(all)s movements are booked. Load this page again to see them.", all=progress.movements)


def _what_became(taken: service.Taken) -> Words:
    """Of a ZIP how many files were taken, and why others were not."""
    words = _("%(count)s files are taken and booked in the background.", count=len(taken.imports))
    refused = " ".join(f"{name}: {why}" for name, why in taken.refused)
    return _("%(words)s Not taken: %(refused)s", words=words, refused=refused) if refused else words
