"""Every mail of jobs and providers that a story queues can be read in both languages."""

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from config.settings import ROOT
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Role
from marketplace.jobs import service
from marketplace.notifications.models import Message
from marketplace.notifications.rendering import render
from marketplace.providers import service as providers
from tests.conftest import MovableClock
from tests.factories.accounts import make_officer, make_sme
from tests.factories.jobs import make_bid, make_published_job, pass_deadline, score_all
from tests.factories.providers import ACCOUNT, make_applicant, make_ready_provider

Database = scoped_session[Session]


def tell_jobs() -> None:
    sme, winner, loser = make_sme(), make_ready_provider(), make_ready_provider()
    withdrawn = make_published_job(sme)
    make_bid(withdrawn, winner)
    service.withdraw_job(withdrawn.id, actor=sme, reason="Other plans.")
    job = make_published_job(sme)
    service.invite_to_bid(job.id, actor=sme, provider_id=_id(winner.organisation_id))
    question = service.ask(job.id, actor=winner, text="How many?")
    service.answer(question.id, actor=sme, text="Twelve.")
    bids = [make_bid(job, winner, price=9_630_000), make_bid(job, loser, price=9_960_000)]
    pass_deadline(job)
    service.close_job(job.id, actor=SYSTEM)
    score_all(job, sme, {bids[0].id: 90, bids[1].id: 50})
    service.award(job.id, actor=sme, bid_id=bids[0].id, reasons={bid.id: "The scores." for bid in bids})


def tell_providers() -> None:
    officer, budget, ethics = (
        make_officer(role) for role in (Role.PROGRAMME_OFFICER, Role.BUDGET_OFFICER, Role.ETHICS_OFFICER)
    )
    refused, manager = make_applicant(), make_ready_provider()
    providers.refuse_provider(_id(refused.organisation_id), actor=officer, reason="Incomplete.")
    firm = _id(manager.organisation_id)
    for decide in (
        lambda key: providers.approve_bank_account(key, actor=budget),
        lambda key: providers.refuse_bank_account(key, actor=budget, reason="Not the firm's."),
    ):
        decide(providers.propose_bank_account(firm, actor=manager, details=ACCOUNT).id)
    for verb in (providers.suspend_provider, providers.restore_provider, providers.remove_provider):
        verb(firm, actor=ethics, reason="A finding.")


def _id(organisation_id: UUID | None) -> UUID:
    assert organisation_id is not None
    return organisation_id


def test_every_mail_is_queued_somewhere_and_reads_well(database: Database, clock: MovableClock) -> None:
    tell_jobs()
    tell_providers()
    seen = set()
    for message in db.session.scalars(select(Message).order_by(Message.id)):
        seen.add(message.template)
        for locale in ("ko", "en"):
            letter = render(message.template, locale=locale, base_url="https://example.org", data=message.data)
            assert letter.subject
            assert "https://example.org/" in letter.body
            assert "9630000" not in letter.body.replace(",", "")
    folder = ROOT / "templates" / "emails"
    ours = {
        path.relative_to(folder).as_posix().removesuffix(".en.txt")
        for area in ("jobs", "providers")
        for path in (folder / area).glob("*.en.txt")
    }
    assert ours <= seen


@pytest.mark.parametrize("area", ["jobs", "providers"])
def test_every_mail_is_there_in_both_languages(area: str) -> None:
    folder = ROOT / "templates" / "emails" / area
    names = {path.name.split(".")[0] for path in folder.iterdir()}
    assert names
    assert all((folder / f"{name}.{locale}.txt").exists() for name in names for locale in ("ko", "en"))
