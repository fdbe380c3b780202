"""How long a voucher is valid: one extension with a reason, reminders each once, and its end."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.accounts import queries as accounts
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid, NotFound
from marketplace.ledger import queries as ledger
from marketplace.ledger.rules import KeyReused
from marketplace.notifications.models import Message
from marketplace.notifications.rendering import render
from marketplace.vouchers import queries, service
from marketplace.vouchers.models import Voucher
from tests.factories.accounts import make_member, make_officer, make_sme
from tests.factories.programmes import earlier
from tests.factories.vouchers import make_voucher

pytestmark = pytest.mark.usefixtures("database")

REASON = "The consultant fell ill; the work ends in May."


@pytest.fixture
def sme() -> Actor:
    return make_sme()


def mails(voucher: Voucher, template: str) -> int:
    query = db.session.query(Message).filter(Message.template == f"vouchers/{template}")
    return sum(message.data["voucher"] == voucher.number for message in query)


def draw(voucher: Voucher, amount: int, actor: Actor) -> None:
    key = str(uuid4())
    service.draw(voucher.id, actor=actor, amount=amount, agreement_id=uuid4(), reference="AGR-1", key=key)


def test_a_voucher_is_extended_once_by_the_programmes_days_and_ends_at_midnight(sme: Actor) -> None:
    voucher = make_voucher(sme, voucher_validity_days=10, extension_days=30)
    before = voucher.expires_at
    service.extend(voucher.id, actor=sme, reason=REASON)
    assert voucher.expires_at == before + timedelta(days=30)
    local = voucher.expires_at.astimezone(clock.zone())
    assert (local.hour, local.minute, local.second) == (0, 0, 0)
    assert (voucher.status, voucher.extension_reason, voucher.extended_by) == ("issued", REASON, sme.person_id)
    assert mails(voucher, "extended") == 1
    with pytest.raises(DomainError, match="only once"):
        service.extend(voucher.id, actor=sme, reason=REASON)
    assert voucher.expires_at == before + timedelta(days=30)


def test_only_the_holders_signatory_extends_and_says_why(sme: Actor) -> None:
    voucher = make_voucher(sme)
    with pytest.raises(Forbidden):
        service.extend(voucher.id, actor=make_member(sme, Role.PREPARER), reason=REASON)
    with pytest.raises(NotFound):
        service.extend(voucher.id, actor=make_sme(), reason=REASON)
    with pytest.raises(Invalid):
        service.extend(voucher.id, actor=sme, reason="  ")
    assert voucher.extended_at is None


def test_no_extension_where_the_programme_grants_none(sme: Actor) -> None:
    voucher = make_voucher(sme, extension_days=0)
    with pytest.raises(DomainError, match="grants no extension"):
        service.extend(voucher.id, actor=sme, reason=REASON)


def test_no_extension_of_what_is_over_suspended_or_used_up(sme: Actor) -> None:
    with earlier(days=20):
        over = make_voucher(sme, voucher_validity_days=10)
    with pytest.raises(DomainError, match="Only a valid voucher"):
        service.extend(over.id, actor=sme, reason=REASON)
    other = make_sme()
    used = make_voucher(other)
    draw(used, 12_000_000, other)
    with pytest.raises(DomainError, match="Only a valid voucher"):
        service.extend(used.id, actor=other, reason=REASON)
    third = make_sme()
    suspended = make_voucher(third)
    service.suspend(suspended.id, actor=make_officer(Role.PROGRAMME_OFFICER), reason="A question is open.")
    with pytest.raises(DomainError):
        service.extend(suspended.id, actor=third, reason=REASON)


@pytest.mark.parametrize(
    "change",
    [
        "expires_at = expires_at + interval '1 day'",
        "expires_at = expires_at - interval '1 day', extended_at = app_now(), extension_reason = 'x'",
        "extended_at = app_now()",
    ],
)
def test_the_database_keeps_the_end_of_a_voucher(sme: Actor, change: str) -> None:
    voucher = make_voucher(sme)
    with pytest.raises(IntegrityError, match=r"extended once|extension_reason"), db.session.begin_nested():
        db.session.execute(text(f"UPDATE vouchers SET {change} WHERE id = :id"), {"id": voucher.id})


def test_the_database_refuses_a_second_extension(sme: Actor) -> None:
    voucher = make_voucher(sme)
    service.extend(voucher.id, actor=sme, reason=REASON)
    for change in ("expires_at = expires_at + interval '1 day'", "extension_reason = 'x'", "extended_at = NULL"):
        with pytest.raises(IntegrityError, match="extended once"), db.session.begin_nested():
            db.session.execute(text(f"UPDATE vouchers SET {change} WHERE id = :id"), {"id": voucher.id})


def test_the_database_refuses_to_extend_what_is_over(sme: Actor) -> None:
    with earlier(days=20):
        voucher = make_voucher(sme, voucher_validity_days=10)
    change = "expires_at = expires_at + interval '30 days', extended_at = app_now(), extension_reason = 'x'"
    with pytest.raises(IntegrityError, match="extended once"), db.session.begin_nested():
        db.session.execute(text(f"UPDATE vouchers SET {change} WHERE id = :id"), {"id": voucher.id})


def test_the_holder_is_reminded_once_at_each_share_of_the_validity(sme: Actor) -> None:
    voucher = make_voucher(sme, voucher_validity_days=100)
    for days, sent in ((40, 0), (51, 1), (60, 1), (76, 2), (80, 2), (91, 3), (99, 3), (110, 3)):
        with earlier(days=-days):
            service.remind_holders(actor=SYSTEM)
            service.remind_holders(actor=SYSTEM)
        assert mails(voucher, "reminder") == sent, days


def test_after_a_long_pause_one_reminder_says_it_all(sme: Actor) -> None:
    with earlier(days=95):
        voucher = make_voucher(sme, voucher_validity_days=100)
    assert service.remind_holders(actor=SYSTEM) == 1
    assert (mails(voucher, "reminder"), voucher.reminded_percent) == (1, 90)


def test_whoever_has_nothing_left_is_not_reminded() -> None:
    with earlier(days=60):
        used, given_back, partly, suspended = (make_sme() for _number in range(4))
        vouchers = [make_voucher(actor, voucher_validity_days=100) for actor in (used, given_back, partly, suspended)]
        draw(vouchers[0], 12_000_000, used)
        service.surrender(vouchers[1].id, actor=given_back, key="back")
        draw(vouchers[2], 5_000_000, partly)
        service.suspend(vouchers[3].id, actor=make_officer(Role.PROGRAMME_OFFICER), reason="A question is open.")
    service.remind_holders(actor=SYSTEM)
    assert [mails(voucher, "reminder") for voucher in vouchers] == [0, 0, 1, 0]
    message = db.session.query(Message).filter(Message.template == "vouchers/reminder").one()
    assert message.data["remaining"] == 7_000_000


def test_after_an_extension_the_longer_validity_counts(sme: Actor) -> None:
    with earlier(days=95):
        voucher = make_voucher(sme, voucher_validity_days=100, extension_days=100)
    service.remind_holders(actor=SYSTEM)
    service.extend(voucher.id, actor=sme, reason=REASON)
    assert (mails(voucher, "reminder"), voucher.reminded_percent) == (1, 0)
    for days, sent in ((99, 1), (101, 2), (151, 3), (181, 4), (199, 4)):
        with earlier(days=95 - days):
            service.remind_holders(actor=SYSTEM)
        assert mails(voucher, "reminder") == sent, days


def test_a_voucher_expires_by_itself_when_its_day_is_over_and_not_before(sme: Actor) -> None:
    voucher = make_voucher(sme, voucher_validity_days=1)
    with pytest.raises(DomainError, match="still valid"):
        service.expire(voucher.id, actor=SYSTEM, key="early")
    with pytest.raises(Forbidden):
        service.expire(voucher.id, actor=sme, key="mine")
    assert queries.remaining(voucher.id) == 12_000_000


def test_the_holder_learns_that_a_voucher_has_expired(sme: Actor) -> None:
    preparer = make_member(sme, Role.PREPARER)
    voucher = make_voucher(sme, voucher_validity_days=10)
    draw(voucher, 2_000_000, sme)
    with earlier(days=-11):
        for _sweep in range(2):
            service.expire_vouchers(actor=SYSTEM)
    sent = db.session.query(Message).filter_by(template="vouchers/expired").all()
    people = [accounts.get_person(actor.person_id).email for actor in (sme, preparer)]  # type: ignore[arg-type]
    assert sorted(mail.address for mail in sent) == sorted(people)
    for locale in ("en", "ko"):
        assert "10,000,000" in letter(sent[0], locale)


def test_the_holder_learns_what_an_officer_decided_and_why(sme: Actor) -> None:
    voucher, officer = make_voucher(sme), make_officer(Role.PROGRAMME_OFFICER)
    service.suspend(voucher.id, actor=officer, reason="A question is open.")
    service.resume(voucher.id, actor=officer, reason="It was answered.")
    service.suspend(voucher.id, actor=officer, reason="Another question.")
    service.revoke(voucher.id, actor=officer, reason="A false document.", key="revoke")
    sent = db.session.query(Message).filter_by(template="vouchers/voucher_decision").all()
    sent.sort(key=lambda mail: mail.key.split(":", 2)[2])
    reasons = ["A question is open.", "It was answered.", "Another question.", "A false document."]
    for locale, words in (
        ("en", ["is suspended", "can be used again", "is suspended", "is revoked"]),
        ("ko", ["정지되었습니다", "다시 사용", "정지되었습니다", "취소되었습니다"]),
    ):
        for mail, word, reason in zip(sent, words, reasons, strict=True):
            assert word in letter(mail, locale)
            assert reason in letter(mail, locale)
    assert "12,000,000" in letter(sent[-1], "en")


def letter(mail: Message, locale: str) -> str:
    """Subject and text, as they are sent."""
    rendered = render(mail.template, locale=locale, base_url="https://example.org", data=mail.data)
    return f"{rendered.subject}\n{rendered.body}"


def test_giving_back_twice_under_one_key_is_once(sme: Actor) -> None:
    voucher = make_voucher(sme)
    first = service.surrender(voucher.id, actor=sme, key="once")
    assert service.surrender(voucher.id, actor=sme, key="once") is first
    officer = make_officer(Role.PROGRAMME_OFFICER)
    with pytest.raises(KeyReused):
        service.revoke(voucher.id, actor=officer, reason="Another request.", key="once")
    with pytest.raises(DomainError):
        service.surrender(voucher.id, actor=sme, key="twice")
    assert voucher.released == 12_000_000
    assert ledger.verify().faults == []


def test_what_a_revoked_voucher_had_goes_back_once(sme: Actor) -> None:
    voucher, officer = make_voucher(sme), make_officer(Role.PROGRAMME_OFFICER)
    draw(voucher, 2_000_000, sme)
    for _attempt in range(2):
        service.revoke(voucher.id, actor=officer, reason="A false document.", key="revoke")
    assert (voucher.status, voucher.released) == ("revoked", 10_000_000)
    assert ledger.verify().faults == []
