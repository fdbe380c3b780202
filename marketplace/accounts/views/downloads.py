"""The pages of long lists that are made into files in the background."""

from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from flask import redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts import queries, service
from marketplace.accounts.models import Download
from marketplace.accounts.views.blueprint import blueprint, own_address, settings
from marketplace.core import files
from marketplace.core.auth import current_actor, requires
from marketplace.core.errors import NotFound
from marketplace.core.exports import MOST_ROWS, media_type
from marketplace.core.forms import ConfirmForm
from marketplace.core.i18n import _, locale
from marketplace.core.listings import paginate, sorts
from marketplace.core.web import done, page

LONGEST_ADDRESS = 2_000
SORTS = sorts("-created_at", Download.created_at, within=Download.person_id)


@blueprint.get("/downloads")
@requires()
def downloads() -> ResponseReturnValue:
    """The files that one asked for in this role."""
    listing = paginate(queries.downloads_of(current_actor()), sorts=SORTS, key=Download.id)
    return page("accounts/downloads.html", listing=listing)


@blueprint.route("/downloads/new", methods=["GET", "POST"])
@requires()
def ask_for_download() -> ResponseReturnValue:
    """Have a long list made into a file; a list leads here when it is too long to be waited for."""
    address = own_address(request.args.get("address"))
    if address is None or len(address) > LONGEST_ADDRESS or "format" not in parse_qs(urlsplit(address).query):
        return redirect(url_for("accounts.downloads"))
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            name = request.args.get("name", "")[:100]
            made = service.ask_for_download(address, name=name, locale=locale(), actor=current_actor())
            return done(_("The file is being made."), url_for("accounts.download", download_id=made))
    return page(
        "accounts/ask_for_download.html", form=form, address=address, at_once=settings().rows_at_once, most=MOST_ROWS
    )


@blueprint.get("/downloads/<uuid:download_id>")
@requires()
def download(download_id: UUID) -> ResponseReturnValue:
    """How far a file is, and the way to it once it is made."""
    return page("accounts/download.html", download=queries.get_download(download_id, actor=current_actor()))


@blueprint.get("/downloads/<uuid:download_id>/file")
@requires()
def download_file(download_id: UUID) -> ResponseReturnValue:
    """The file itself; who fetched it is noted."""
    actor = current_actor()
    download = queries.get_download(download_id, actor=actor)
    path = files.place(download.id)
    if download.made_at is None or not path.exists():
        raise NotFound(_("The file is not there. Ask for the list again."))
    listed = urlsplit(download.address).path
    service.log_access(actor, None, page=f"download fetched: {listed}", address=request.remote_addr or "")
    return send_file(path, mimetype=media_type(download.name), as_attachment=True, download_name=download.name)
