"""How a company of the demo applies for a voucher, and what it does with what it gets."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from marketplace.core.actors import Role
from marketplace.demo import words
from marketplace.demo.documents import word_document
from marketplace.demo.plot import spend
from marketplace.demo.registers import Company
from marketplace.demo.story import World
from marketplace.demo.walk import later
from marketplace.programmes import queries as programmes
from marketplace.vouchers import queries, rules, service
from marketplace.vouchers.states import ApplicationStatus, EvidenceKind


def apply(world: World, company: Company, call_id: UUID, *, until: str = "") -> Iterator[datetime]:
    """Draft, submit, wait for the allocation; whoever gets a voucher goes on by the next plan of the call."""
    application_id = _draft(world, company, call_id)
    if until == "draft":
        return
    yield later(1, hour=world.chance.randint(9, 16), minute=world.chance.randint(0, 59))
    application = service.submit(application_id, actor=company.signatory, declarations=set(rules.DECLARATIONS))
    if until == "submitted":
        return
    if application.status == ApplicationStatus.IN_REVIEW:
        yield later(3)
        _decide(world, company, application_id)
    yield max(programmes.get_call(call_id).closes_at, later(1))
    yield later(1)
    application = queries.get_application(application_id, actor=company.signatory)
    if application.status == ApplicationStatus.ALLOCATED and application.voucher is not None:
        yield from spend(world, company, application.voucher.id, world.next_plan(call_id))


def _draft(world: World, company: Company, call_id: UUID) -> UUID:
    preparer = company.preparer or company.signatory
    chance = world.chance
    offered = programmes.get_call(call_id).programme.service_lines
    line = chance.choice(offered)
    application = service.start_application(call_id, actor=preparer)
    service.save_facts(application.id, company.facts, actor=preparer)
    service.save_need(application.id, actor=preparer, service_line=line, need=words.texts()["needs"][line]["ko"])
    kinds = {
        EvidenceKind.BUSINESS_REGISTRATION: "사업자등록증",
        EvidenceKind.FINANCIAL: "재무제표",
        EvidenceKind.EMPLOYEES: "고용보험 가입자 명부",
    }
    for kind, title in list(kinds.items())[: chance.randint(1, 3)]:
        document = word_document([title, company.name, "시연용으로 만든 문서입니다."])
        service.attach_evidence(application.id, actor=preparer, stream=document, filename=f"{title}.docx", kind=kind)
    return application.id


def _decide(world: World, company: Company, application_id: UUID) -> None:
    eligible = world.chance.random() < 0.7
    reason = words.reason("eligible" if eligible else "not_eligible")
    officer = world.cast.one(Role.PROGRAMME_OFFICER)
    service.decide_eligibility(application_id, actor=officer, eligible=eligible, reason=reason)
