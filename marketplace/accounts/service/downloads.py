"""The files of long lists: asked for, made in the background, fetched by who asked, deleted after a week."""

from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from config import retention
from marketplace.accounts import queries
from marketplace.accounts.models import Download
from marketplace.accounts.service.traces import apart, log_access
from marketplace.core import clock, db, drafts, files
from marketplace.core.actors import Actor
from marketplace.core.errors import DomainError, Forbidden
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, schedule, task

KEPT = retention.periods()["downloads"]
GIVEN_UP_AFTER = timedelta(hours=1)
MOST_OPEN = 3


def ask_for_download(address: str, *, name: str, locale: str, actor: Actor) -> UUID:
    """Have the list at this address made into a file; while that goes on, who asks again gets the same.

    Forbidden without a role; DomainError while three of one's files are still to be made.
    """
    if actor.person_id is None or actor.membership_id is None:
        raise Forbidden()
    _give_up(Download.membership_id == actor.membership_id, Download.created_at < clock.now() - GIVEN_UP_AFTER)
    asked = {"membership_id": actor.membership_id, "address": address, "locale": locale}
    made = {**asked, "person_id": actor.person_id, "name": name, "expires_at": clock.now() + KEPT}
    fresh = insert(Download).values(made).on_conflict_do_nothing().returning(Download.id)
    download_id: UUID | None = db.session.scalar(fresh)
    if download_id is None:
        return db.session.scalars(select(Download.id).filter_by(**asked, made_at=None, failed_at=None)).one()
    unmade = queries.downloads_of(actor).where(Download.made_at.is_(None), Download.failed_at.is_(None))
    if len(db.session.scalars(unmade).all()) > MOST_OPEN:
        raise DomainError(_("Three of your files are still being made. Wait for one of them."))
    schedule(make_download, download_id=download_id)
    return download_id


@task("make_download", _("Make a long list into a file"), Queue.DOWNLOADS)
def make_download(download_id: UUID) -> None:
    """Write the list into its file as who asked may see it now; given up if their role or the page refuses.

    Whoever is killed here leaves half a file under another name; the next one begins anew.
    """
    download = db.session.get(Download, download_id)
    if download is None or not download.is_open:
        return
    address, locale = download.address, download.locale
    actor = queries.find_actor(download.person_id, download.membership_id)
    if actor is None:
        _give_up(Download.id == download_id)
        return
    try:
        with files.draft(download_id) as file:
            draft = drafts.Draft(file, partial(_tell, download_id))
            status = drafts.write(address, actor=actor, locale=locale, draft=draft)
            if status != 204:
                raise _Refused(status)
    except _Refused as refused:
        if refused.code >= 500:
            raise
        _give_up(Download.id == download_id)
        return
    made = {"name": draft.filename, "rows": draft.rows, "total": draft.total, "made_at": clock.now()}
    db.session.execute(update(Download).where(Download.id == download_id).values(made))
    log_access(actor, None, page=f"download made: {urlsplit(address).path}", address="")


@task("delete_downloads", _("Delete files of lists that have expired"), Queue.MAINTENANCE, every=timedelta(hours=6))
def delete_downloads() -> None:
    """Delete downloads a week after they were asked for: the file, then the row."""
    expired = select(Download.id).where(Download.expires_at <= func.app_now())
    for download_id in db.session.scalars(expired.with_for_update(skip_locked=True, key_share=True)).all():
        files.remove(download_id)
        db.session.execute(delete(Download).where(Download.id == download_id))


class _Refused(Exception):
    """The page didn't write its list."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the page answered with status {code}")
        self.code = code


def _give_up(*which: ColumnElement[bool]) -> None:
    unmade = (Download.made_at.is_(None), Download.failed_at.is_(None))
    db.session.execute(update(Download).where(*which, *unmade).values(failed_at=clock.now()))


def _tell(download_id: UUID, rows: int, total: int) -> None:
    """Say how far it is, for others to see at once."""
    with apart() as own, own.begin():
        own.execute(update(Download).where(Download.id == download_id).values(rows=rows, total=total))
