"""Pages of the demo: who may sign in, business time, the outbox and the bank; registered in demo mode alone."""

import io
import re
from hashlib import sha256
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Row

from marketplace.accounts import service as accounts
from marketplace.accounts.models import Person
from marketplace.accounts.service.sessions import hashed
from marketplace.core import auth, db, seen
from marketplace.core import clock as business_clock
from marketplace.core.actors import VISITOR
from marketplace.core.auth import current_actor, public
from marketplace.core.errors import NotFound
from marketplace.core.forms import Form
from marketplace.core.i18n import _, ngettext
from marketplace.core.listings import paginate, sorts
from marketplace.core.web import done, page
from marketplace.demo import bank, queries, service, sign_ins
from marketplace.demo.forms import ClockForm, OutboxForm, ShareForm, in_currency
from marketplace.demo.people import PASSWORD
from marketplace.engagements.models import Agreement
from marketplace.notifications import queries as notifications
from marketplace.notifications.models import Message
from marketplace.receivables.models import Receivable
from marketplace.receivables.queries import next_payment

blueprint = Blueprint("demo", __name__, url_prefix="/demo")

seen.declare(
    blueprint,
    rows={},
    nothing={
        "sign_in": "opens a session",
        "clock": "moves business time",
        "let_firms_bid": "plays other firms",
        "answer_batch": "plays the bank",
        "close_bank_day": "plays the bank",
        "pay_share": "plays a payer",
        "pay_debt": "plays a payer",
    },
)

JUMPS = (("1d", _("1 day on")), ("8d", _("8 days on")), ("21d", _("21 days on")))
LINK = re.compile(r"https?://[^\s<>\"]+")


@blueprint.route("")
@public
def sign_in_list() -> ResponseReturnValue:
    """Show a sign-in for every role, and the one password."""
    return page("demo/sign_ins.html", groups=sign_ins.groups(), password=PASSWORD)


@blueprint.post("/sign-in/<uuid:person_id>")
@public
def sign_in(person_id: UUID) -> ResponseReturnValue:
    """Sign in as somebody made up by one click, on a device of their own: the ethics checks look at devices."""
    person = db.get(Person, person_id)
    if not person.email.endswith(queries.MADE_UP):
        raise NotFound()
    if current_user.is_authenticated:
        accounts.sign_out(current_user.token)
    device = f"demo-{person_id}"
    secret = accounts.start_session(
        person,
        device_hash=sha256(device.encode()).hexdigest(),
        browser=request.user_agent.string[:200],
        lifetime=current_app.config["SETTINGS"].session_absolute,
    )
    auth.carry(auth.SignedIn(VISITOR, secret), hashed(secret))
    response = redirect(url_for("reports.home"), 303)
    response.set_cookie(auth.DEVICE_COOKIE, device, httponly=True, samesite="Lax")
    return response


@blueprint.route("/firms")
@public
def firms() -> ResponseReturnValue:
    """Show the jobs that are out to bid, for which other firms can be let bid."""
    return page("demo/firms.html", jobs=queries.open_jobs())


@blueprint.post("/firms/<uuid:job_id>")
@public
def let_firms_bid(job_id: UUID) -> ResponseReturnValue:
    """Let two of the other firms bid for a job."""
    count = service.let_firms_bid(job_id, actor=current_actor())
    return done(
        ngettext("%(num)s firm has bid, under seal.", "%(num)s firms have bid, under seal.", count),
        url_for("demo.firms"),
    )


@blueprint.route("/clock", methods=["GET", "POST"])
@public
def clock() -> ResponseReturnValue:
    """Show business time and move it on."""
    form = ClockForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.advance(service.parse_span(form.span.data), actor=current_actor())
            return done(_("It is now %(day)s.", day=business_clock.today().isoformat()), url_for("demo.clock"))
    return page("demo/clock.html", form=form, jumps=JUMPS)


SORTS = sorts("-queued_at", Message.queued_at)


@blueprint.route("/outbox")
@public
def outbox() -> ResponseReturnValue:
    """List the mails, the newest first."""
    form = OutboxForm(request.args)
    address = (form.address.data or "") if form.validate() else ""
    listed = paginate(queries.mails(address), sorts=SORTS, key=Message.id)
    return page("demo/outbox.html", form=form, listed=listed, subjects=_subjects(listed.items))


@blueprint.route("/outbox/<uuid:message_id>")
@public
def mail(message_id: UUID) -> ResponseReturnValue:
    """Show one mail with links that can be followed."""
    message = db.get(Message, message_id)
    letter = notifications.letter(message, base_url=_base_url())
    return page("demo/mail.html", message=message, letter=letter, pieces=_pieces(letter.body))


@blueprint.route("/bank")
@public
def bank_desk() -> ResponseReturnValue:
    """Show what waits for the bank: batches that were sent, shares and debts to be paid."""
    return page(
        "demo/bank_desk.html",
        form=Form(),
        batches=queries.batches_to_answer(),
        shares=queries.shares_awaited(),
        debts=[(debt, name, next_payment(debt, business_clock.today())) for debt, name in queries.open_debts()],
    )


@blueprint.route("/bank/batches/<uuid:batch_id>", methods=["POST"])
@public
def answer_batch(batch_id: UUID) -> ResponseReturnValue:
    """Let the bank book every payment of a batch."""
    service.answer_batch(batch_id, actor=current_actor())
    return done(_("The bank has booked the batch. Its report was imported."), url_for("demo.bank_desk"))


@blueprint.route("/bank/statement", methods=["POST"])
@public
def close_bank_day() -> ResponseReturnValue:
    """Let the bank write the statement of the day."""
    if service.close_bank_day(actor=current_actor()):
        return done(_("The bank has written the day's statement. It was imported."), url_for("demo.bank_desk"))
    return done(_("Nothing has moved since the last statement."), url_for("demo.bank_desk"))


@blueprint.route("/bank/batches/<uuid:batch_id>/report")
@public
def batch_report(batch_id: UUID) -> Response:
    """Hand out the bank's report of a batch, to be imported by a budget officer."""
    return _xml(bank.report_batch(batch_id), "camt054-batch.xml")


@blueprint.route("/bank/shares/<uuid:agreement_id>", methods=["GET", "POST"])
@public
def pay_share(agreement_id: UUID) -> ResponseReturnValue:
    """Pay a company's share, in its name or in somebody else's."""
    agreement = db.get(Agreement, agreement_id)
    form = ShareForm(data=queries.usual_payer(agreement))
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.pay_share(agreement_id, actor=current_actor(), payer=form.payer.data, account=form.account.data)
            return done(_("The share has arrived. The bank's report was imported."), url_for("demo.bank_desk"))
    return page("demo/pay_share.html", form=form, agreement=agreement)


@blueprint.route("/bank/debts/<uuid:receivable_id>", methods=["GET", "POST"])
@public
def pay_debt(receivable_id: UUID) -> ResponseReturnValue:
    """Pay a debt, or a part of it, in the debtor's name or in somebody else's."""
    debt = db.get(Receivable, receivable_id)
    form = in_currency(debt.currency)(data=queries.usual_debtor(debt))
    if form.validate_on_submit():
        with form.errors_to_fields():
            paid = {"payer": form.payer.data, "account": form.account.data, "amount": form.amount.data}
            service.pay_debt(receivable_id, actor=current_actor(), **paid)
            return done(
                _("The payment has arrived. The bank's report was imported; it is booked within seconds."),
                url_for("demo.bank_desk"),
            )
    return page("demo/pay_debt.html", form=form, debt=debt)


def _subjects(messages: list[Row[Any]]) -> dict[UUID, str]:
    """The subject of each mail of one page."""
    base_url = _base_url()
    return {message.id: notifications.subject(message, base_url=base_url) for message in messages if message.data}


def _pieces(body: str) -> list[tuple[str, bool]]:
    """The text cut into words and links, in order."""
    pieces, end = [], 0
    for link in LINK.finditer(body):
        pieces += [(body[end : link.start()], False), (link[0], True)]
        end = link.end()
    return [*pieces, (body[end:], False)]


def _base_url() -> str:
    return str(current_app.config["SETTINGS"].base_url)


def _xml(content: bytes, name: str) -> Response:
    return send_file(io.BytesIO(content), mimetype="application/xml", as_attachment=True, download_name=name)
