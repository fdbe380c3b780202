"""The ledger: books balance, nothing goes negative, nothing is changed afterwards, a key moves money once."""

from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from marketplace.core import db
from marketplace.core.actors import SYSTEM
from marketplace.core.errors import DomainError
from marketplace.ledger import chart, queries, service
from marketplace.ledger.chart import ChartAccount, OwnerKind, Stage, TransferKind
from marketplace.ledger.models import Account
from marketplace.ledger.rules import InsufficientFunds


@pytest.fixture
def line(database):
    """A budget line with 1,000 available; its id."""
    line_id = uuid4()
    for account in (chart.source(line_id), chart.available(line_id), on(line_id, "reserved")):
        service.open_account(account, currency="KRW")
    move(line_id, "source", "available", 1000, key=f"appropriate:{line_id}")
    return line_id


def on(line_id, stage):
    """An account of the line itself at any stage."""
    return ChartAccount(Stage(stage), OwnerKind.BUDGET_LINE, line_id, line_id, may_be_negative=stage == "source")


def move(line_id, giver, taker, amount, *, key=None):
    return service.transfer(
        on(line_id, giver),
        on(line_id, taker),
        amount,
        kind=TransferKind.RELEASE,
        actor=SYSTEM,
        reference="a test",
        key=key or str(uuid4()),
    )


def test_money_stands_where_transfers_brought_it(line):
    move(line, "available", "reserved", 300)
    assert queries.totals_by_stage([line]) == {
        "available": 700,
        "reserved": 300,
        "committed": 0,
        "payable": 0,
        "paid": 0,
        "returned": 0,
    }
    assert queries.balance(chart.source(line)) == -1000
    assert queries.verify().unexplained == 0


def test_an_account_never_goes_below_zero(line):
    with pytest.raises(InsufficientFunds):
        move(line, "available", "reserved", 1001)


def test_the_same_key_moves_money_once_and_answers_the_same(line):
    first = move(line, "available", "reserved", 300, key="once")
    assert move(line, "available", "reserved", 300, key="once") == first
    assert queries.balance(on(line, "reserved")) == 300


def test_the_same_key_with_another_amount_is_refused(line):
    move(line, "available", "reserved", 300, key="once")
    with pytest.raises(DomainError):
        move(line, "available", "reserved", 301, key="once")


@pytest.mark.parametrize("amount", [0, -5])
def test_only_positive_amounts_move(line, amount):
    with pytest.raises(DomainError):
        move(line, "available", "reserved", amount)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_transfers SET amount = 1",
        "DELETE FROM ledger_transfers",
        "UPDATE ledger_accounts SET balance = balance + 1",
        "UPDATE ledger_accounts SET may_be_negative = true",
        "DELETE FROM ledger_accounts",
    ],
)
def test_the_books_cannot_be_changed_by_hand(database, line, statement):
    with pytest.raises(IntegrityError, match="append-only|transfers alone"):
        database.execute(text(statement))


def test_every_column_of_an_account_is_guarded(database):
    guarded = text(
        "SELECT event_object_column FROM information_schema.triggered_update_columns"
        " WHERE event_object_table = 'ledger_accounts'"
    )
    assert set(database.scalars(guarded)) == {column.name for column in Account.__table__.columns}


@pytest.mark.parametrize(("stage", "currency"), [("spent", "KRW"), ("available", "won")])
def test_an_account_has_a_stage_and_a_currency_that_exist(database, stage, currency):
    with pytest.raises(IntegrityError, match=r"ledger_stage|currency_code"):
        database.execute(
            text(
                "INSERT INTO ledger_accounts (code, stage, owner_kind, currency) VALUES ('x', :stage, 'agency', :unit)"
            ),
            {"stage": stage, "unit": currency},
        )


def test_the_database_knows_every_stage(database):
    for stage in Stage:
        service.open_account(ChartAccount(stage, OwnerKind.AGENCY, currency="KRW"), currency="KRW")


def test_an_account_opens_empty_whatever_is_claimed(database):
    database.execute(
        text(
            "INSERT INTO ledger_accounts (code, stage, owner_kind, currency, balance)"
            " VALUES ('x', 'available', 'agency', 'KRW', 500)"
        )
    )
    assert database.scalar(select(Account.balance).where(Account.code == "x")) == 0


def test_two_currencies_never_meet(line):
    service.open_account(chart.bank("EUR"), currency="EUR")
    with pytest.raises(DomainError):
        service.transfer(
            chart.bank("EUR"),
            chart.available(line),
            1,
            kind=TransferKind.RELEASE,
            actor=SYSTEM,
            reference="a test",
            key=str(uuid4()),
        )


def test_two_currencies_never_meet_in_a_statement_of_many_either(database, line):
    """Not even where the sums of either currency cancel out."""
    for unit in ("USD", "EUR"):
        service.open_account(chart.bank(unit), currency=unit)
    among = "VALUES ('USD', 'EUR', 'first'), ('EUR', 'USD', 'second')"
    with pytest.raises(IntegrityError, match="one currency"):
        database.execute(
            text(
                "INSERT INTO ledger_transfers"
                " (movement_id, debit_account_id, credit_account_id, amount, kind, reference, key)"
                " SELECT gen_random_uuid(), giver.id, taker.id, 7, 'release', 'a test', each.key"
                f" FROM ({among}) AS each (debit, credit, key)"
                " JOIN ledger_accounts AS giver ON giver.stage = 'bank' AND giver.currency = debit"
                " JOIN ledger_accounts AS taker ON taker.stage = 'bank' AND taker.currency = credit"
            )
        )


def reserve(line_id, part, *, owners=3, source=chart.available):
    owners = [uuid4() for _owner in range(owners)]
    reserve_for(owners, line_id, part, source=source)
    return owners


def reserve_for(owners, line_id, part, *, source=chart.available):
    names = {owner: f"VOU-{number}" for number, owner in enumerate(owners)}
    service.reserve_all(OwnerKind.VOUCHER, names, {line_id: part}, source=source, currency="KRW", actor=SYSTEM)


def test_many_at_once_take_the_same_part_each(line):
    owners = reserve(line, 300)
    assert queries.balance(chart.available(line)) == 100
    assert [queries.balance(chart.reserved(OwnerKind.VOUCHER, owner, line)) for owner in owners] == [300] * 3
    assert queries.verify().faults == []


def test_of_many_at_once_all_are_given_or_none(line):
    with pytest.raises(InsufficientFunds), db.session.begin_nested():
        reserve(line, 334)
    assert queries.balance(chart.available(line)) == 1000


def test_nobody_of_many_is_given_anything_twice(line):
    first, second = reserve(line, 100, owners=2)
    with pytest.raises(DomainError), db.session.begin_nested():
        reserve_for([uuid4(), first], line, 100)
    assert queries.balance(chart.available(line)) == 800
    assert [queries.balance(chart.reserved(OwnerKind.VOUCHER, owner, line)) for owner in (first, second)] == [100, 100]


def test_many_at_once_are_refused_where_one_of_their_keys_was_used(line):
    owners = [uuid4(), uuid4()]
    move(line, "available", "reserved", 100, key=f"reserve:{owners[1]}:{line}")
    with pytest.raises(DomainError), db.session.begin_nested():
        reserve_for(owners, line, 100)
    assert queries.balance(chart.available(line)) == 900


def test_many_at_once_are_refused_where_there_is_no_such_account(line):
    with pytest.raises(DomainError), db.session.begin_nested():
        reserve(line, 1, source=chart.returned)
    assert queries.totals_by_stage([line])["reserved"] == 0


def opening(line_id, stage):
    return ChartAccount(Stage(stage), OwnerKind.VOUCHER, uuid4(), line_id)


def post(*legs):
    return service.post(legs, kind=TransferKind.RELEASE, currency="KRW", actor=SYSTEM, reference="a test")


def test_several_transfers_move_together_and_open_their_accounts(line):
    reserved, committed = opening(line, "reserved"), opening(line, "committed")
    legs = [
        service.Leg(chart.available(line), reserved, 300, "first"),
        service.Leg(reserved, committed, 200, "second"),
    ]
    post(*legs)
    post(*legs)
    assert (queries.balance(reserved), queries.balance(committed)) == (100, 200)
    assert db.session.scalar(select(Account.budget_line_id).where(Account.code == str(committed))) == line
    assert queries.verify().faults == []


def test_transfers_made_together_are_one_movement(line):
    def legs():
        return [service.Leg(chart.available(line), on(line, "reserved"), part, f"part:{part}") for part in (1, 2, 3)]

    first = post(*legs())
    assert [transfer.key for transfer in queries.movement(first)] == ["part:1", "part:2", "part:3"]
    assert post(*legs()) == first  # asked again it is the same one
    assert post(service.Leg(on(line, "reserved"), chart.available(line), 1, "back")) != first
    alone = move(line, "available", "reserved", 5)
    assert [transfer.id for transfer in queries.movement(alone)] == [alone]


def test_a_transfer_stays_in_its_movement(line):
    """A key that made it there is refused for one transfer alone, and for another movement."""
    first, second, third = (service.Leg(chart.available(line), on(line, "reserved"), 7, key) for key in "abc")
    post(first, second)
    for legs in ([second], [third, second]):
        with pytest.raises(DomainError), db.session.begin_nested():
            post(*legs)
    assert queries.balance(on(line, "reserved")) == 14


def test_what_each_of_many_is_given_is_one_movement(database, line):
    other = uuid4()
    service.open_account(chart.available(other), currency="KRW")
    service.transfer(
        chart.available(line),
        chart.available(other),
        500,
        kind=TransferKind.RELEASE,
        actor=SYSTEM,
        reference="a test",
        key="other",
    )
    owners = {uuid4(): "VOU-1", uuid4(): "VOU-2"}
    service.reserve_all(
        OwnerKind.VOUCHER, owners, {line: 3, other: 4}, source=chart.available, currency="KRW", actor=SYSTEM
    )
    given = [queries.transfers_of(owner) for owner in owners]
    movements = [{transfer.movement_id for transfer in transfers} for transfers in given]
    assert [len(transfers) for transfers in given] == [2, 2]
    assert [len(ids) for ids in movements] == [1, 1]
    assert movements[0] != movements[1]
    assert movements[0] <= {transfer.id for transfer in given[0]}


def test_of_several_transfers_all_move_or_none(line):
    with pytest.raises(InsufficientFunds), db.session.begin_nested():
        post(
            service.Leg(chart.available(line), opening(line, "reserved"), 300, "first"),
            service.Leg(chart.available(line), on(line, "reserved"), 701, "second"),
        )
    assert queries.balance(chart.available(line)) == 1000


def test_a_used_key_among_several_is_refused(line):
    move(line, "available", "reserved", 300, key="once")
    with pytest.raises(DomainError):
        post(service.Leg(chart.available(line), on(line, "reserved"), 301, "once"))


def test_no_transfers_move_nothing(line):
    post()
    assert queries.verify().faults == []


def test_verify_finds_a_balance_that_transfers_do_not_explain(real_database, as_owner):
    with db.unit_of_work():
        service.open_account(chart.bank("KRW"), currency="KRW")
    as_owner("ALTER TABLE ledger_accounts DISABLE TRIGGER USER", "UPDATE ledger_accounts SET balance = 5")
    books = queries.verify()
    assert books.unexplained == 10  # once on the account, once in the sum of all
    assert f"{chart.bank('KRW')}: balance 5, transfers say 0" in map(str, books.faults)
