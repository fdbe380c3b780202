"""A voucher's money: drawn in parts, never beyond what is left, given back when it ends."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.errors import DomainError, Forbidden, NotFound
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from marketplace.vouchers import queries, service
from marketplace.vouchers.models import Voucher
from tests import business_time
from tests.factories.accounts import make_member, make_officer, make_sme
from tests.factories.vouchers import make_voucher

pytestmark = pytest.mark.usefixtures("database")


def draw(voucher: Voucher, amount: int, sme: Actor) -> str:
    agreement = uuid4()
    service.draw(voucher.id, actor=sme, amount=amount, agreement_id=agreement, reference="AGR-1", key=str(uuid4()))
    return str(agreement)


def test_a_voucher_is_drawn_in_parts_down_to_nothing() -> None:
    sme = make_sme()
    voucher = make_voucher(sme, voucher_amount=10_000_001)
    for amount in (1, 3_333_333, 1, 6_000_000):
        draw(voucher, amount, sme)
    assert queries.remaining(voucher.id) == 666_666
    draw(voucher, 666_666, sme)
    assert (voucher.status, queries.remaining(voucher.id)) == ("exhausted", 0)
    assert ledger.verify().faults == []


@pytest.mark.parametrize("amount", [0, -1, 12_000_001])
def test_never_beyond_the_remainder(amount: int) -> None:
    sme = make_sme()
    voucher = make_voucher(sme)
    with pytest.raises(DomainError):
        draw(voucher, amount, sme)
    assert queries.remaining(voucher.id) == 12_000_000


def test_a_suspended_voucher_cannot_be_drawn_on_until_it_is_resumed() -> None:
    sme, officer = make_sme(), make_officer(Role.PROGRAMME_OFFICER)
    voucher = make_voucher(sme)
    service.suspend(voucher.id, actor=officer, reason="A question is open.")
    with pytest.raises(DomainError):
        draw(voucher, 1, sme)
    service.resume(voucher.id, actor=officer, reason="Answered.")
    draw(voucher, 1, sme)


def test_an_expired_voucher_cannot_be_drawn_on_even_before_it_is_swept() -> None:
    sme = make_sme()
    voucher = make_voucher(sme, voucher_validity_days=1)
    db.move_clock(timedelta(days=3))
    try:
        with pytest.raises(DomainError):
            draw(voucher, 1, sme)
        assert service.expire_vouchers(actor=SYSTEM) == 1
    finally:
        business_time.come_back()
    assert (voucher.status, queries.remaining(voucher.id), voucher.released) == ("expired", 0, 12_000_000)
    assert service.expire_vouchers(actor=SYSTEM) == 0
    assert ledger.verify().faults == []


def test_expiry_gives_back_only_what_is_left() -> None:
    sme = make_sme()
    voucher = make_voucher(sme)
    agreement = draw(voucher, 5_000_000, sme)
    service.surrender(voucher.id, actor=sme, key="surrender")
    assert voucher.released == 7_000_000
    lines = list(queries.voucher_lines(voucher.id))
    assert sum(ledger.balance(chart.available(line)) for line in lines) == 10 * 12_000_000 - 5_000_000
    assert sum(ledger.balance(chart.committed(agreement, line)) for line in lines) == 5_000_000


def test_a_commitment_that_is_not_needed_goes_back_to_a_valid_voucher_and_else_to_the_budget() -> None:
    sme = make_sme()
    voucher = make_voucher(sme)
    agreement = uuid4()
    facts = {"actor": sme, "agreement_id": agreement, "reference": "AGR-1"}
    service.draw(voucher.id, amount=6_000_000, key="a", **facts)  # type: ignore[arg-type]
    service.release_commitment(voucher.id, amount=1_000_001, key="b", **facts)  # type: ignore[arg-type]
    assert queries.remaining(voucher.id) == 7_000_001
    service.surrender(voucher.id, actor=sme, key="surrender")
    service.release_commitment(voucher.id, amount=4_999_999, key="c", **facts)  # type: ignore[arg-type]
    assert (queries.remaining(voucher.id), voucher.released) == (0, 12_000_000)
    assert ledger.verify().faults == []


def test_only_the_signatory_gives_a_voucher_back_and_only_their_own() -> None:
    sme = make_sme()
    voucher = make_voucher(sme)
    with pytest.raises(Forbidden):
        service.surrender(voucher.id, actor=make_member(sme, Role.PREPARER), key="k")
    with pytest.raises(NotFound):
        service.surrender(voucher.id, actor=make_sme(), key="another")


def test_the_database_keeps_holder_and_amount() -> None:
    voucher = make_voucher()
    for change in ("amount = amount + 1", "organisation_id = programme_id", "code = 'guessed'"):
        with pytest.raises(IntegrityError, match="keeps its holder"), db.session.begin_nested():
            db.session.execute(text(f"UPDATE vouchers SET {change} WHERE id = :id"), {"id": voucher.id})


def test_codes_cannot_be_guessed() -> None:
    first, second = make_voucher(), make_voucher()
    assert len(first.code) >= 22
    assert first.code != second.code
