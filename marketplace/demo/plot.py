"""The order of the scenes in every voucher's story, and the days between them."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from marketplace.demo import bidding, ending, judging, owing, paying, working
from marketplace.demo.inquiring import inquire
from marketplace.demo.registers import Company
from marketplace.demo.story import Plan, Tale, World
from marketplace.demo.walk import later

Scene: TypeAlias = tuple[str, Callable[[Tale], None], float]


def _work(number: int, *, corrected: bool) -> list[Scene]:
    """The scenes of one stage."""
    scenes: list[Scene] = [
        (f"session:{number}", working.hold_session, 2),
        (f"confirm:{number}", working.confirm_session, 2),
        (f"hand_in:{number}", working.hand_in, 2),
    ]
    if corrected:
        scenes += [
            (f"correction:{number}", working.request_correction, 2),
            (f"correct:{number}", working.correct, 1),
        ]
    return [*scenes, (f"accept:{number}", working.accept, 3)]


BEGINNING: list[Scene] = [
    ("diagnosis", bidding.diagnose, 1),
    ("draft", bidding.draft, 2),
    ("publish", bidding.publish, 1),
    ("question", bidding.ask, 1),
    ("answer", bidding.answer, 1),
    ("bids", bidding.bid, 7),
    ("declare", bidding.declare, 0),
    ("score", bidding.score, 1),
    ("award", bidding.award, 1),
    ("agreement", working.agree, 1),
    ("sign_sme", working.sign_as_company, 1),
    ("sign", working.sign_as_firm, 1),
    ("redeem", working.redeem, 4),
    ("share", working.pay_share, 3),
]
PAYMENT: list[Scene] = [("claim", paying.claim, 2), ("check", paying.check, 2), ("approve", paying.approve, 2)]
JUDGEMENT: list[Scene] = [
    ("declare_evaluator", judging.declare_evaluator, 4),
    ("evaluate", judging.evaluate, 3),
    ("grade", judging.publish_grade, 4),
    ("appeal", judging.appeal_grade, 6),
    ("appeal_decided", judging.settle_appeal, 0),
]
UNUSED = {"extend": ending.extend, "give_back": ending.give_back}
SURVEYS: list[Scene] = [("survey", judging.answer_as_company, 1), ("survey_firm", judging.answer_as_firm, 2)]


def scenes(plan: Plan) -> list[Scene]:
    """Every scene with its name and the days until the next one."""
    if plan.until in UNUSED:
        return [(plan.until, UNUSED[plan.until], 0)]
    if plan.twist == "ended":
        return [*BEGINNING, *_work(1, corrected=False), ("end", ending.end_early, 3), *PAYMENT]
    if plan.twist == "debt":
        return _with_a_debt()
    corrected = "correction" in plan.twist
    work = [*_work(1, corrected=False), *_work(2, corrected=corrected), *_work(3, corrected=False)]
    claim, check, approve = PAYMENT
    returned: list[Scene] = [("return", paying.send_back, 0)] if plan.until == "return" else []
    success: list[Scene] = [("success", owing.declare_success, 0)] if plan.until == "success" else []
    return [*BEGINNING, *work, claim, *returned, *SURVEYS, check, approve, *success, *JUDGEMENT]


def _with_a_debt() -> list[Scene]:
    """The aid of the first stage is asked back while work goes on; some is kept back from the second claim."""
    first = [*_work(1, corrected=False), *PAYMENT, ("ask_back", owing.ask_back, 9)]
    rest = [*_work(2, corrected=False), *_work(3, corrected=False)]
    second = [(f"{name}:2", scene, days) for name, scene, days in PAYMENT]
    return [*BEGINNING, *first, *rest, *second, ("keep_back", owing.keep_back, 0)]


def spend(world: World, company: Company, voucher_id: UUID, plan: Plan) -> Iterator[datetime]:
    """Play one voucher's story up to where its plan ends; each scene is one unit of work."""
    tale = Tale(world, company, voucher_id, plan, language="en" if world.chance.random() < 0.15 else "ko")
    if not plan.until:
        return
    at = None if plan.begin is None else world.walk.ago(plan.begin)
    for name, scene, days in scenes(plan):
        if name in plan.at:
            at = world.walk.ago(plan.at[name])
        if at is not None:
            yield at
        while name.partition(":")[0] in ("check", "approve") and paying.is_held(tale):
            yield later(3, hour=11)
        scene(tale)
        _tell_beside(tale, name)
        if name == plan.until:
            return
        at = later(plan.wait.get(name, days), hour=world.chance.randint(17, 18), minute=world.chance.randint(0, 59))


def _tell_beside(tale: Tale, name: str) -> None:
    """What happens beside the story from this scene on: an inquiry, money that flows back."""
    if name == "survey_firm" and tale.plan.case:
        tale.world.walk.tell(later(2), inquire(tale))
    if name == "approve" and tale.plan.twist == "pays_back":
        tale.world.walk.tell(tale.world.walk.ago(12), paying.pay_back(tale))
