"""A debt is given up by the signatures of two budget officers, or stays."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.core import db
from marketplace.core.actors import Role
from marketplace.core.errors import DomainError, Forbidden
from marketplace.receivables import service
from marketplace.receivables.models import Receivable
from marketplace.reports import proof
from tests.factories import receivables as make
from tests.factories.accounts import make_officer
from tests.factories.engagements import Story

pytestmark = pytest.mark.usefixtures("database", "clock")


def test_a_write_off_needs_the_signatures_of_two_budget_officers(story: Story, recovery: Receivable) -> None:
    first, second = story.budget_officers
    make.pay(story, recovery, make.AID)
    with pytest.raises(Forbidden):
        service.propose_write_off(recovery.id, actor=make_officer(Role.ETHICS_OFFICER), reason="Insolvent")
    write_off = service.propose_write_off(recovery.id, actor=first, reason="Insolvent")
    with pytest.raises(IntegrityError, match="uq_write_offs_live"), db.session.begin_nested():
        service.propose_write_off(recovery.id, actor=second, reason="Insolvent")
    with pytest.raises(DomainError, match="Another budget officer"):
        service.sign_write_off(recovery.id, actor=first, key=make.key())
    cheats = {
        "UPDATE write_offs SET status = 'signed', signed_at = app_now(), amount = 1, signed_by = proposed_by":
            "two_signatures",
        "UPDATE receivables SET status = 'written_off', written_off_at = app_now()": "two signatures",
    }  # fmt: skip
    for statement, match in cheats.items():
        with pytest.raises(IntegrityError, match=match), db.session.begin_nested():
            db.session.execute(text(statement))
    service.sign_write_off(recovery.id, actor=second, key=make.key())
    assert (write_off.status, write_off.amount, recovery.status) == ("signed", 2 * make.AID, "written_off")
    assert [instalment.status for instalment in recovery.instalments] == ["written_off"]
    assert (make.owed(recovery), make.total("obligation")) == (0, 0)
    assert proof.prove().faults == []
    for verb in (service.propose_write_off, service.refuse_write_off):
        with pytest.raises(DomainError):
            verb(recovery.id, actor=first, reason="Again")


def test_a_refused_write_off_leaves_the_debt_and_can_be_proposed_anew(story: Story, recovery: Receivable) -> None:
    first, second = story.budget_officers
    service.propose_write_off(recovery.id, actor=first, reason="Insolvent")
    service.refuse_write_off(recovery.id, actor=second, reason="It has a building")
    assert (recovery.status, make.owed(recovery)) == ("open", 3 * make.AID)
    assert service.propose_write_off(recovery.id, actor=second, reason="Sold").status == "proposed"
