"""Many companies hand their applications in at once, for far less money than they ask for, beside a simpler page."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import func, select

from marketplace.core import db
from marketplace.programmes import queries as programmes
from marketplace.programmes.models import Call
from marketplace.vouchers import rules
from marketplace.vouchers.models import Application, Voucher
from tests import business_time
from tests.bench import pages
from tests.factories.applicants import make_drafts
from tests.factories.programmes import make_call
from tests.factories.vouchers import allocate_all

CLIENTS = 32
EACH = 320
# Far from the numbers of other companies.
FIRST = 500_000_000


def cookie(app: Flask, secret: str) -> str:
    """The cookie of the session with this secret."""
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    return f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps({'_user_id': secret, '_fresh': True})}"


class Rush:
    """One call with money for a tenth of those who apply."""

    def __init__(self, app: Flask, rounds: int) -> None:
        self.app, self.companies = app, rounds * EACH
        with app.app_context(), db.unit_of_work():
            call = make_call(vouchers=self.companies // 10)
            self.call_id: UUID = call.id
            self.waiting = iter(make_drafts(call, self.companies, first=FIRST))

    def rates(self, site: pages.Site) -> tuple[float, float]:
        """Needs kept a second, one row each, and then the same companies' applications taken a second."""
        drafts = [next(self.waiting) for _number in range(EACH)]
        need = {"service_line": "operations", "need": "Shorter delivery times in the second plant too."}
        return (
            self._rate(site, drafts, "need", need),
            self._rate(site, drafts, "check", dict.fromkeys(rules.DECLARATIONS, "y")),
        )

    def _rate(self, site: pages.Site, drafts: list[tuple[UUID, str]], page: str, fields: dict[str, str]) -> float:
        forms = [
            pages.Form(site, f"/applications/{application_id}/{page}", cookie(self.app, secret), fields)
            for application_id, secret in drafts
        ]
        return pages.rate(site, forms, clients=CLIENTS)[0]

    def check(self) -> None:
        """Everybody has a ticket of their own, and the money is given to the last won and not beyond."""
        with self.app.app_context(), db.unit_of_work():
            call = db.get(Call, self.call_id)
            tickets = select(func.count(Application.ticket.distinct())).where(Application.call_id == call.id)
            assert db.session.scalar(tickets) == self.companies
            business_time.ahead(timedelta(days=8))
            allocate_all(call, size=1000)
            business_time.come_back()
            given = db.session.scalar(select(func.count()).where(Voucher.call_id == call.id))
            assert (given, programmes.meter(call).available) == (self.companies // 10, 0)
