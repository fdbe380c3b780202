"""Drawing on a voucher inside the database: the split, the parts, the lifecycle and the audit entries are Python's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, literal, select, text
from sqlalchemy.dialects.postgresql import JSONB

from marketplace.core import db
from marketplace.core.actors import Actor
from marketplace.core.audit import AuditEntry, facts_of, record
from marketplace.core.errors import DomainError
from marketplace.core.money import split
from marketplace.ledger import queries as ledger
from marketplace.vouchers import queries, service
from marketplace.vouchers.models import Voucher
from marketplace.vouchers.states import VOUCHER
from tests.factories.accounts import make_sme, sign_in_as
from tests.factories.vouchers import make_voucher

pytestmark = pytest.mark.usefixtures("database")

weights = st.lists(st.integers(0, 10**13) | st.integers(0, 5), min_size=1, max_size=6).filter(any)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**15) | st.integers(0, 50), weights)
def test_the_database_splits_as_python_does(amount: int, weights: list[int]) -> None:
    call = text("SELECT money_split(:amount, :weights)")
    assert db.session.scalar(call, {"amount": amount, "weights": weights}) == split(amount, weights)


@pytest.fixture
def sme() -> Actor:
    return make_sme()


@pytest.fixture
def voucher(sme: Actor) -> Voucher:
    """12,000,000 on two lines: 8,000,000 and 4,000,000."""
    return make_voucher(sme)


def draw(voucher: Voucher, sme: Actor, amount: int, parts: dict[UUID, int] | None = None) -> UUID:
    agreement, shares = uuid4(), parts and {str(line): part for line, part in parts.items()}
    service.draw(
        voucher.id,
        actor=sme,
        amount=amount,
        agreement_id=agreement,
        reference="AGR-1",
        key=str(agreement),
        parts=shares,
    )
    return agreement


@pytest.mark.parametrize("status", VOUCHER.statuses)
def test_only_what_the_lifecycle_lets_be_used_up_is_drawn_to_the_end(voucher: Voucher, sme: Actor, status: str) -> None:
    stamp = "" if status == "issued" else f", {status}_at = app_now()"
    db.session.execute(text(f"UPDATE vouchers SET status = '{status}'{stamp} WHERE id = :id"), {"id": voucher.id})
    db.forget(Voucher, voucher.id)
    move = VOUCHER.find(status, "exhaust")
    if move is None:
        with pytest.raises(DomainError):
            draw(voucher, sme, voucher.amount)
        assert (voucher.status, queries.remaining(voucher.id)) == (status, voucher.amount)
    else:
        draw(voucher, sme, voucher.amount)
        assert (voucher.status, queries.remaining(voucher.id)) == (move.target, 0)


def test_the_parts_of_the_lines_can_be_given(voucher: Voucher, sme: Actor) -> None:
    first, second = queries.voucher_lines(voucher.id)
    agreement = draw(voucher, sme, 3_000_001, {first: 1, second: 3_000_000})
    assert ledger.balances_by_owner(agreement, "committed") == {first: 1, second: 3_000_000}
    agreement = draw(voucher, sme, 5, {second: 5})
    assert ledger.balances_by_owner(agreement, "committed") == {second: 5}
    assert ledger.verify().faults == []


@pytest.mark.parametrize(
    "wrong",
    [
        lambda first, second, left: {first: 5, second: 6},
        lambda first, second, left: {first: 9},
        lambda first, second, left: {first: -1, second: 11},
        lambda first, second, left: {first: 5, uuid4(): 5},
        lambda first, second, left: {first: left[first] + 1, second: 9 - left[first]},
    ],
)
def test_parts_that_are_not_the_amount_or_more_than_a_line_has_are_refused(
    voucher: Voucher, sme: Actor, wrong: Callable[..., dict[UUID, int]]
) -> None:
    left = queries.voucher_lines(voucher.id)
    with pytest.raises(DomainError):
        draw(voucher, sme, 10, wrong(*left, left))
    assert queries.voucher_lines(voucher.id) == left


def test_each_line_bears_no_more_than_it_has_left(client: FlaskClient, voucher: Voucher, sme: Actor) -> None:
    first, second = left = queries.voucher_lines(voucher.id)
    with pytest.raises(DomainError):
        draw(voucher, sme, left[first] + 1, {first: left[first] + 1, second: 0})
    draw(voucher, sme, left[first], {first: left[first]})
    draw(voucher, sme, left[second])
    assert voucher.status == "exhausted"
    page = sign_in_as(client, sme).get(f"/vouchers/{voucher.id}?lang=en").text
    assert ">Used up</span>" in page
    assert "can't be used any more" not in page, "nothing of it expired or went back"


def test_the_database_writes_the_audit_entries_of_the_verb(voucher: Voucher, sme: Actor) -> None:
    agreement = draw(voucher, sme, voucher.amount)
    query = select(AuditEntry).where(AuditEntry.subject_id == voucher.id).order_by(AuditEntry.id.desc()).limit(2)
    exhausted, committed = db.session.scalars(query)
    assert (committed.action, committed.subject_type) == ("voucher.commit", "vouchers")
    assert committed.body == {"after": {"agreement": str(agreement), "amount": 12_000_000}}
    assert exhausted.action == "voucher.exhaust"
    assert exhausted.body == {"before": {"status": "issued"}, "after": {"status": "exhausted"}}
    for entry in (committed, exhausted):
        assert (entry.person_id, entry.role) == (sme.person_id, sme.role.value)
        assert (entry.organisation_id, entry.device_hash) == (sme.organisation_id, sme.device_hash)


def test_the_database_writes_an_audit_entry_as_python_does(voucher: Voucher, sme: Actor) -> None:
    body = {"before": {"amount": 1}, "after": {"amount": 2, "day": "2026-01-01"}}
    record(sme, "voucher.test", voucher, **body)
    db.flush()
    call = func.audit_record(
        literal(facts_of(sme), JSONB), "voucher.test", "vouchers", voucher.id, literal(body, JSONB)
    )
    db.session.execute(select(call))
    rows = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "voucher.test")).all()
    columns = {column.name for column in AuditEntry.__table__.columns} - {"id", "at"}
    first, second = ([getattr(row, name) for name in columns] for row in rows)
    assert first == second
    assert abs(rows[0].at - rows[1].at) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO lifecycle_moves VALUES ('voucher', 'exhaust', 'expired', 'exhausted')",
        "UPDATE lifecycle_moves SET source = 'expired'",
        "DELETE FROM lifecycle_moves",
    ],
)
def test_the_app_cannot_change_the_moves_of_the_database(change: str) -> None:
    with pytest.raises(Exception, match="permission denied"):
        db.session.execute(text(change))
