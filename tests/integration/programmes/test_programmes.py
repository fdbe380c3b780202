"""Programmes and calls: complete before they are published, frozen afterwards, money by two people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM, Role
from marketplace.core.errors import DomainError, Forbidden, IllegalMove, Invalid
from marketplace.core.i18n import force_locale
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from marketplace.programmes import queries, rules, service
from marketplace.programmes.terms import templates
from tests import business_time
from tests.factories.accounts import make_officer, make_sme
from tests.factories.programmes import make_call, make_programme

pytestmark = pytest.mark.usefixtures("database")


def test_everything_missing_is_named_at_once() -> None:
    officer = make_officer(Role.PROGRAMME_OFFICER)
    terms = templates()["coupon-consulting"][0]
    programme = service.create_programme(terms, actor=officer)
    programme.service_lines, programme.stages = [], []
    with pytest.raises(rules.Incomplete) as refused:
        service.publish_programme(programme.id, actor=officer)
    assert len(refused.value.missing) == 4
    assert programme.status == "draft"


def test_a_call_needs_every_funder_and_every_line_appropriated() -> None:
    call = make_call(published=False, appropriated=False)
    officer = make_officer(Role.PROGRAMME_OFFICER)
    with pytest.raises(rules.Incomplete) as refused:
        service.publish_call(call.id, actor=officer)
    assert len(refused.value.missing) == 1
    service.remove_budget_line(queries.budget_lines(call.id)[0].id, actor=officer)
    with pytest.raises(rules.Incomplete) as refused:
        service.publish_call(call.id, actor=officer)
    assert len(refused.value.missing) == 2


def test_a_call_has_money_for_one_voucher_of_each_funder() -> None:
    """One line alone would stop the giving, and nobody would see why."""
    officer = make_officer(Role.PROGRAMME_OFFICER)
    programme = make_programme(officer=officer, published=False)
    call = make_call(programme=programme, vouchers=1, published=False, appropriated=False)
    central, local = queries.budget_lines(call.id)
    service.remove_budget_line(central.id, actor=officer)
    with force_locale("en"), pytest.raises(Invalid, match="one takes ₩8,000,000 of this funder"):
        service.add_budget_line(call.id, actor=officer, funder_id=central.funder_id, amount=7_999_999)
    service.add_budget_line(call.id, actor=officer, funder_id=central.funder_id, amount=8_000_000)
    service.set_cost_shares(
        programme.id, {central.funder_id: 20_00, local.funder_id: 40_00, None: 40_00}, actor=officer
    )
    service.publish_programme(programme.id, actor=officer)
    with force_locale("en"), pytest.raises(rules.Incomplete, match="one takes ₩8,000,000 of it") as refused:
        service.publish_call(call.id, actor=officer)
    assert len(refused.value.missing) == 2, "that, and nobody has appropriated the lines"


@pytest.mark.parametrize("points", [9_999, 10_001])
def test_cost_shares_sum_to_exactly_the_whole(points: int) -> None:
    officer = make_officer(Role.PROGRAMME_OFFICER)
    programme = make_programme(officer=officer, published=False)
    with pytest.raises(Invalid):
        service.set_cost_shares(programme.id, {None: points}, actor=officer)


def test_a_published_programme_is_frozen_by_the_verb_and_by_the_database() -> None:
    officer = make_officer(Role.PROGRAMME_OFFICER)
    programme = make_programme(officer=officer)
    with pytest.raises(DomainError):
        service.change_programme(programme.id, templates()["coupon-consulting"][0], actor=officer)
    for statement in (
        "UPDATE programmes SET voucher_amount = voucher_amount + 1 WHERE id = :id",
        "UPDATE programmes SET status = 'draft', published_at = NULL WHERE id = :id",
        "UPDATE cost_shares SET basis_points = 1 WHERE programme_id = :id",
        "DELETE FROM cost_shares WHERE programme_id = :id",
        "INSERT INTO cost_shares (programme_id, basis_points, position) VALUES (:id, 1, 9)",
    ):
        refused(statement, id=programme.id)


def test_a_published_call_and_its_budget_are_frozen() -> None:
    call = make_call()
    line = queries.budget_lines(call.id)[0]
    refused("UPDATE calls SET closes_at = closes_at + interval '1 day' WHERE id = :id", id=call.id)
    refused("UPDATE budget_lines SET amount = amount + 1 WHERE id = :id", id=line.id)
    refused("DELETE FROM budget_lines WHERE id = :id", id=line.id)


def test_no_money_is_proposed_for_a_published_call() -> None:
    officer, call = make_officer(Role.PROGRAMME_OFFICER), make_call()
    with pytest.raises(DomainError):
        service.add_budget_line(call.id, actor=officer, funder_id=uuid4(), amount=1)


def refused(statement: str, **values: Any) -> None:
    with pytest.raises(IntegrityError) as error, db.session.begin_nested():
        db.session.execute(text(statement), values)
    assert error.value.orig is not None
    assert error.value.orig.diag.constraint_name == "frozen"  # type: ignore[attr-defined]


def test_appropriation_is_a_second_persons_and_enters_the_ledger() -> None:
    call = make_call(published=False, appropriated=False)
    line = queries.budget_lines(call.id)[0]
    with pytest.raises(Forbidden):
        service.appropriate_line(line.id, actor=make_officer(Role.PROGRAMME_OFFICER), key="other")
    budget_officer = make_officer(Role.BUDGET_OFFICER)
    service.appropriate_line(line.id, actor=budget_officer, key="one")
    assert service.appropriate_line(line.id, actor=budget_officer, key="one") is line
    assert ledger.balance(chart.available(line.id)) == line.amount
    assert queries.meter(call).total == line.amount
    with pytest.raises(IllegalMove):
        service.appropriate_line(line.id, actor=budget_officer, key="two")
    with pytest.raises(IllegalMove):
        service.remove_budget_line(line.id, actor=make_officer(Role.PROGRAMME_OFFICER))


def test_the_database_refuses_the_proposer_as_appropriator() -> None:
    line = queries.budget_lines(make_call(published=False, appropriated=False).id)[0]
    statement = "UPDATE budget_lines SET appropriated_by = created_by WHERE id = :id"
    with pytest.raises(IntegrityError, match="appropriated_by"), db.session.begin_nested():
        db.session.execute(text(statement), {"id": line.id})


def test_the_currency_of_a_programme_is_that_of_its_standard() -> None:
    with pytest.raises(Invalid) as error:
        make_programme(currency="EUR")
    assert error.value.field == "size_standard"


def test_others_do_not_see_drafts() -> None:
    call = make_call(published=False)
    sme = make_sme()
    assert call not in queries.calls_of(call.programme_id, sme)
    with pytest.raises(DomainError):
        queries.get_call(call.id, actor=sme)


def test_a_call_is_closed_only_after_its_time() -> None:
    call = make_call(closes_in=timedelta(days=1))
    assert service.close_call(call.id, actor=SYSTEM).status == "published"
    business_time.ahead(timedelta(days=1))
    try:
        assert service.close_call(call.id, actor=SYSTEM).status == "closed"
    finally:
        business_time.come_back()


def test_a_retired_programme_begins_no_new_call_but_its_calls_go_on() -> None:
    call = make_call()
    service.retire_programme(call.programme_id, actor=make_officer(Role.PROGRAMME_OFFICER))
    with pytest.raises(DomainError):
        make_call(call.programme)
    assert call.is_open(clock.now())
