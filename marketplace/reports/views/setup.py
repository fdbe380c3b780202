"""The pages on which a new agency sees what is left to do, and tries whether mail goes out."""

from flask import current_app, url_for
from flask.typing import ResponseReturnValue

from config.settings import Settings
from marketplace.accounts import service as accounts
from marketplace.core import clock
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.forms import ConfirmForm
from marketplace.core.i18n import _
from marketplace.core.web import done, page
from marketplace.notifications import post
from marketplace.reports import checklist
from marketplace.reports.checklist import Stand
from marketplace.reports.views import blueprint

TONES = {Stand.OPEN: "warning", Stand.WAITING: "information", Stand.DONE: "success", Stand.ADVISED: "gray"}


@blueprint.get("/checklist")
@requires(Role.ADMINISTRATOR)
def going_live() -> ResponseReturnValue:
    """What the agency still settles before its service goes live."""
    steps = checklist.steps(mail_is_shown=_mail_is_shown())
    return page("reports/going_live.html", steps=steps, tones=TONES, Stand=Stand)


@blueprint.route("/checklist/test-mail", methods=["GET", "POST"])
@requires(Role.ADMINISTRATOR)
def test_mail() -> ResponseReturnValue:
    """Send a mail to oneself."""
    form, actor = ConfirmForm(), current_actor()
    if form.validate_on_submit() and actor.person_id is not None:
        accounts.notify_person(actor.person_id, checklist.TEST_MAIL, key=f"{actor.person_id}:{clock.now().isoformat()}")
        message = _("The test e-mail is written. It should be in your mailbox within a few minutes.")
        return done(message, url_for(".going_live"))
    arrives = post.post().smtp_url is not None or _mail_is_shown()
    return page("reports/test_mail.html", form=form, arrives=arrives, sender=post.post().sender)


def _mail_is_shown() -> bool:
    """Whether the demonstration's outbox is there to read mails."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.clock_may_move
