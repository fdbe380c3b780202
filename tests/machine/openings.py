"""Where plays begin: at the laid table, or in places to which chance alone rarely comes."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from marketplace.claims.states import AssignmentKind
from marketplace.engagements.models import Agreement
from marketplace.vouchers import service as vouchers
from marketplace.vouchers.models import Voucher


def _ended(machine: Any) -> None:
    """What is bound of a voucher that ended meanwhile goes back to the budget: by lapsing, and by ended work."""
    machine.decide(0, "suspend")
    machine.decide(0, "resume")
    machine.redeem(2, 0, False)
    machine.redeem(3, 0, False)
    machine.pay_share(0, 0)
    drawn = select(Agreement.voucher_id).where(Agreement.status == "redeemed").order_by(Agreement.number)
    for voucher_id in machine.read(drawn):
        machine.attempt(vouchers.revoke, voucher_id, actor=machine.table.officer, reason="Played")
    machine.lapse(0)
    machine.terminate(0, False)
    machine.refund_ended(0)


def _paid(machine: Any) -> None:
    """Stages are accepted, claimed, approved and paid."""
    machine.go_on(0, 0, 24)


def _asked_back(machine: Any) -> None:
    """Aid of a first stage is asked back: paid in part, kept back from the second stage's claim, given up."""
    machine.go_on(0, 0, 9)
    machine.extend(0)
    machine.ask_back(0, "recovery", True)
    machine.confirm(0, 0)
    machine.pay_debt(0, 10_000)
    machine.agree_anew(0, 5)
    machine.go_on(0, 0, 4)
    machine.set_off(0, 50_000)
    machine.go_on(0, 0, 3)
    machine.book()
    machine.send_stray_back(700_001, 0)
    machine.write_off(0, 0, False)
    machine.write_off(0, 1, True)


def _large(machine: Any) -> None:
    """A large claim is sent back and answered, then approved by two; finished work is declared a success, or none,
    and given up."""
    machine.redeem(0, 0, False)
    machine.pay_share(0, 0)
    for _stage in range(3):
        machine.accept(0)
    machine.claim(0, 3)
    machine.send_back_and_forth(0, 0)
    machine.send_back_and_forth(0, 1)
    machine.check(0, 2)
    machine.approve(0, 0, None)
    machine.reconsider(0, 1)
    machine.approve(0, 0, None)
    machine.countersign(0, 1)
    machine.batch(0, 0, True)
    machine.send(0, 3)
    machine.bank(0, False, False)
    machine.ask_back(0, "none", False)
    machine.ask_back(0, "repayment", False)
    machine.drop(0, 0)
    machine.ask_back(0, "repayment", False)
    machine.confirm(0, 0)
    machine.notify_instalment(0)
    machine.send_stray_back(700_001, 0)
    machine.write_off(0, 0, False)
    machine.write_off(0, 1, False)
    machine.pay_debt(0, 10**8)
    machine.book()


def _offered(machine: Any) -> None:
    """Vouchers come back and are offered: one is taken, one declined, one lapses."""
    for _batch in range(8):
        machine.allocate(0, 3)
    for take in (True, False, None):
        given_back = select(Voucher.id).where(Voucher.status == "issued").order_by(Voucher.number.desc()).limit(1)
        machine.attempt(vouchers.revoke, machine.read(given_back)[0], actor=machine.table.officer, reason="Played")
        machine.offer(False)
        machine.offer(True)
        if take is not None:
            machine.answer_offer(0, take)
    machine.time_passes(7)
    machine.time_passes(7)
    machine.lapse_offer(0)


def _wound_down(machine: Any) -> None:
    """Nothing is given any more, all vouchers end, the funders get their money back, the call is over."""
    machine.wind_down(0, True)
    machine.answer_all(True)
    for voucher_id in machine.read(select(Voucher.id).order_by(Voucher.number)):
        machine.attempt(vouchers.revoke, voucher_id, actor=machine.table.officer, reason="Played")
    machine.return_unspent(True, False, 0)
    machine.return_unspent(True, True, 1)
    machine.wind_up()


def _matched(machine: Any) -> None:
    """Money that matches nothing is a co-payment, goes back, or is explained; a returned payment goes out again."""
    machine.redeem(0, 0, False)
    machine.stray(0, True, True)
    machine.settle_stray(0, 0, "assign")
    machine.redeem(0, 0, False)
    machine.stray(0, False, True)
    machine.settle_stray(0, 0, "send back")
    machine.stray(0, False, False)
    machine.settle_stray(0, 0, "explain")
    machine.go_on(0, 0, 6)
    machine.bank(0, True, False)
    machine.confirm_account(0)
    machine.go_on(0, 0, 6)


def _unnamed(machine: Any) -> None:
    """The bank tells of movements by their amounts alone, and officers say what each one is."""
    machine.redeem(0, 0, False)
    machine.pay_share(0, 0)
    machine.tell(0, "share taken back")
    machine.say_share_taken_back(0, 0)
    machine.tell(0, "nothing")
    machine.propose(0, 0, AssignmentKind.FUNDING)
    machine.confirm_proposal(1)
    machine.tell(0, "nothing")
    machine.pay_share(0, 0)
    machine.tell(0, "share taken back")
    machine.say_known(0, 0)
    machine.go_on(0, 0, 4)
    machine.go_on(0, 0, 2)
    machine.tell(0, "payment")
    machine.say_payment(0, 0)
    machine.tell(0, "return")
    machine.say_return(0, 0)
    machine.go_on(0, 0, 3)
    machine.ask_back(0, "recovery", True)
    machine.confirm(0, 0)
    machine.pay_debt(0, 10_000)
    machine.tell(0, "debt taken back")
    machine.say_debt_taken_back(0, 0)


def _taken_back(machine: Any) -> None:
    """The share of accepted and claimed work is taken back: nothing lapses, and ended it still awaits its share."""
    machine.redeem(0, 0, False)
    machine.pay_share(0, 0)
    machine.accept(0)
    machine.claim(0, 1)
    machine.check(0, 2)
    machine.take_back(0, True)
    machine.lapse(0)
    machine.terminate(0, False)
    machine.pay_share(0, 0)
    machine.refund_ended(0)
    machine.approve(0, 0, None)


def _turned_aside(machine: Any) -> None:
    """What stops or undoes a step: held, withdrawn, refused, taken out of a batch, refunded, surrendered."""
    machine.redeem(0, 0, False)
    machine.pay_share(0, 0)
    machine.hold(0, False)
    machine.hold(0, True)
    machine.refund(0, 1)
    machine.accept(0)
    machine.claim(0, 1)
    machine.send_back_and_forth(0, 2)
    machine.claim(0, 1)
    machine.pass_by_itself(0)
    machine.check(0, 2)
    machine.refuse(0, 0)
    machine.accept(0)
    machine.go_on(0, 2, 3)
    machine.batch(0, 0, True)
    machine.take_out(0, 0)
    machine.go_on(0, 0, 8)
    machine.ask_back(0, "recovery", True)
    machine.confirm(0, 0)
    machine.pay_debt(0, 10_000)
    machine.take_debt_back(0)
    machine.decide(0, "surrender")


OPENINGS: dict[str, Callable[[Any], None]] = {
    "as laid": lambda machine: None,
    "ended": _ended,
    "paid": _paid,
    "asked back": _asked_back,
    "large": _large,
    "offered": _offered,
    "wound down": _wound_down,
    "matched": _matched,
    "unnamed": _unnamed,
    "taken back": _taken_back,
    "turned aside": _turned_aside,
}
