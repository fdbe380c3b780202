"""What ethics officers of the demo do about the flags of one engagement: dismiss them, or open a case."""

from collections.abc import Iterator
from datetime import datetime

from marketplace.core.actors import Role
from marketplace.demo.story import Tale
from marketplace.demo.walk import later
from marketplace.ethics import queries, service
from marketplace.ethics.states import Dismissal, FlagStatus, Sanction

QUESTION = "점검에서 나온 사항을 설명하고, 확인할 수 있는 자료를 제출하여 주십시오."
REPLY = "담당자가 바뀌면서 생긴 착오입니다. 관련 자료를 첨부하여 소명합니다."
FOUND = "제출한 자료와 기록을 비교한 결과 규정을 지키지 않은 사실을 확인하였습니다."
NOT_FOUND = "제출한 자료로 사실을 확인하였으며 위반은 없습니다."
GROUNDS = "기록의 날짜가 잘못 읽혔습니다. 다시 판단하여 주십시오."
EXPLAINED = "기업에 확인하였으며 정상적인 거래였습니다."


def inquire(tale: Tale) -> Iterator[datetime]:
    """Play the inquiry up to where the plan's `case` says."""
    end, engagement_id = tale.plan.case, tale.ids["engagement"]
    first, second, third = (tale.officer(Role.ETHICS_OFFICER, number) for number in range(3))
    raised = [flag.id for flag in queries.flags_of(engagement_id) if flag.status == FlagStatus.RAISED]
    if end == "dismissed":
        for flag_id in raised:
            service.dismiss(flag_id, actor=first, kind=Dismissal.EXPLAINED, reason=EXPLAINED)
    if end == "dismissed" or not raised:
        return
    case_id = service.open_case(engagement_id, actor=first, flag_ids=raised, question=QUESTION).id
    if end == "open":
        return
    yield later(3)
    service.reply(case_id, actor=tale.provider.manager, words=REPLY)
    if end == "replied":
        return
    yield later(3)
    violated = end != "no_violation"
    sanction = Sanction.WARNING if violated else None
    service.decide(
        case_id, actor=second, violation=violated, reason=FOUND if violated else NOT_FOUND, sanction=sanction
    )
    if end in ("violation", "no_violation"):
        return
    yield later(3)
    service.appeal(case_id, actor=tale.provider.manager, grounds=GROUNDS)
    if end == "appealed":
        return
    yield later(3)
    service.decide_appeal(case_id, actor=third, uphold=end == "upheld", reason=FOUND if end == "upheld" else NOT_FOUND)
