"""Programmes and calls of the demo: the ones on file, published, with money from their funders."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from marketplace.agency import queries as agency
from marketplace.core import db
from marketplace.core.actors import Actor, Role
from marketplace.core.i18n import Text
from marketplace.demo import words
from marketplace.demo.documents import word_document
from marketplace.demo.people import Cast
from marketplace.programmes import queries, service
from marketplace.programmes.terms import Method, templates
from marketplace.vouchers import queries as applications
from marketplace.vouchers import service as vouchers


def open_programmes(cast: Cast) -> dict[str, UUID]:
    """Publish every programme on file; their ids by code."""
    officer = cast.one(Role.PROGRAMME_OFFICER)
    made = {}
    for code, (terms, shares) in templates().items():
        programme = service.create_programme(terms, actor=officer)
        funders = {funder.code: funder.id for funder in agency.funders()}
        service.set_cost_shares(
            programme.id, {funders.get(payer): points for payer, points in shares.items()}, actor=officer
        )
        made[code] = service.publish_programme(programme.id, actor=officer).id
    return made


def draft_call(
    programme_id: UUID,
    title: Text,
    opens_at: datetime,
    closes_at: datetime,
    vouchers: int,
    *,
    cast: Cast,
    method: Method,
    quotas: Mapping[str, int],
) -> UUID:
    """Write a call with money for so many vouchers, in the proportion of the funders' shares."""
    officer = cast.one(Role.PROGRAMME_OFFICER)
    texts = words.notice(queries.get_programme(programme_id).code)
    call = service.create_call(
        programme_id,
        actor=officer,
        title=title,
        opens_at=opens_at,
        closes_at=closes_at,
        method=method,
        description=texts["description"],
        conditions=texts["conditions"],
    )
    _attach(call.id, title, texts, officer)
    if quotas:
        service.set_quotas(call.id, quotas, actor=officer)
    weights = queries.funder_weights(programme_id)
    for funder_id, weight in weights.items():
        amount = call.programme.voucher_amount * vouchers * weight // sum(weights.values())
        service.add_budget_line(call.id, actor=officer, funder_id=funder_id, amount=amount)
    return call.id


def _attach(call_id: UUID, title: Text, texts: Mapping[str, Text], officer: Actor) -> None:
    """The notice in full, and what to attach, as files."""
    for code, heading in words.texts()["notice_files"].items():
        parts = texts.values() if code == "whole" else [texts["conditions"]]
        paragraphs = [title["ko"], heading["ko"], *(line for part in parts for line in part["ko"].splitlines() if line)]
        upload = service.Upload(word_document(paragraphs), f"{heading['ko']}.docx", heading)
        service.add_call_file(call_id, upload, actor=officer)


def correct(call_id: UUID, *, cast: Cast) -> None:
    """Correct one condition of a published call: one officer writes the amendment, the other publishes it."""
    call, said = queries.get_call(call_id), words.texts()["correction"]
    mended = {code: text.replace(said["before"][code], said["after"][code]) for code, text in call.conditions.items()}
    amendment = service.propose_amendment(
        call_id,
        actor=cast.one(Role.PROGRAMME_OFFICER),
        description=call.description,
        conditions=mended,
        reason=said["reason"],
    )
    service.publish_amendment(amendment.id, actor=cast.one(Role.PROGRAMME_OFFICER, 1))


def publish_call(call_id: UUID, *, cast: Cast) -> None:
    """A budget officer appropriates the money, then the call is published."""
    appropriate(call_id, actor=cast.one(Role.BUDGET_OFFICER))
    service.publish_call(call_id, actor=cast.one(Role.PROGRAMME_OFFICER))


def appropriate(call_id: UUID, *, actor: Actor) -> None:
    """Enter the proposed money of a call into the ledger."""
    for line in queries.budget_lines(call_id):
        service.appropriate_line(line.id, actor=actor, key=f"appropriate:{line.id}")


def score(call_id: UUID, *, cast: Cast) -> None:
    """One evaluator scores every application; the other one has begun and is left to go on."""
    first, second = cast.staff[Role.EVALUATOR]
    criteria = (queries.get_call(call_id).scoring or {})["criteria"]
    for asked in db.session.scalars(applications.scorings_of(first)):
        vouchers.declare_conflict(asked.id, actor=first, has_conflict=False, statement="")
        points = {
            criterion["code"]: cast.chance.randint(criterion["max"] // 2, criterion["max"]) for criterion in criteria
        }
        reasons = {criterion["code"]: words.reason("fitting") for criterion in criteria}
        vouchers.hand_in_scores(asked.id, actor=first, points=points, reasons=reasons)
    begun = db.session.scalars(applications.scorings_of(second)).all()[0]
    vouchers.declare_conflict(begun.id, actor=second, has_conflict=False, statement="")


def wind_down(call_id: UUID, *, cast: Cast) -> None:
    """End a call; what was given stays valid."""
    vouchers.wind_down(call_id, actor=cast.one(Role.PROGRAMME_OFFICER), reason=words.reason("wound_down"))
