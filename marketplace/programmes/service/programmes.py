"""The verbs of programmes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from uuid import UUID

from marketplace.core import db
from marketplace.core.actors import Actor
from marketplace.core.audit import record, transition
from marketplace.programmes import queries, rules
from marketplace.programmes.models import USUAL_CATEGORY, CostShare, Programme
from marketplace.programmes.states import PROGRAMME
from marketplace.programmes.terms import Terms


def create_programme(terms: Terms, *, actor: Actor) -> Programme:
    """Write a programme's rules down as a draft."""
    rules.check_officer(actor)
    rules.check_terms(terms)
    programme = Programme(**_plain(terms), created_by=actor.person_id)
    db.session.add(programme)
    db.flush()
    record(actor, "programme.create", programme, after=_plain(terms))
    return programme


def change_programme(programme_id: UUID, terms: Terms, *, actor: Actor) -> Programme:
    """Write a draft's rules anew; a published programme is frozen."""
    rules.check_officer(actor)
    rules.check_terms(terms)
    programme = queries.get_programme(programme_id, lock=True)
    rules.check_draft(programme)
    before = {name: getattr(programme, name) for name in _plain(terms)}
    for name, value in _plain(terms).items():
        setattr(programme, name, value)
    programme.cost_shares = [share for share in programme.cost_shares if share.category in terms.cost_categories]
    db.flush()
    record(actor, "programme.change", programme, before=before, after=_plain(terms))
    return programme


def set_cost_shares(
    programme_id: UUID, shares: Mapping[UUID | None, int], *, actor: Actor, category: str = USUAL_CATEGORY
) -> None:
    """Say who bears which part of a category of cost, in basis points by funder; None is the SME. 0 is left out."""
    rules.check_officer(actor)
    rules.check_whole(shares)
    programme = queries.get_programme(programme_id, lock=True)
    rules.check_draft(programme)
    rules.check_category(programme, category)
    others = [share for share in programme.cost_shares if share.category != category]
    before = {str(share.funder_id): share.basis_points for share in programme.cost_shares if share not in others}
    programme.cost_shares = others
    db.flush()
    programme.cost_shares = others + [
        CostShare(category=category, funder_id=funder_id, basis_points=points, position=position)
        for position, (funder_id, points) in enumerate(shares.items())
        if points
    ]
    db.flush()
    after = {str(funder_id): points for funder_id, points in shares.items()}
    record(actor, "programme.share_costs", programme, before=before, after={"category": category, "shares": after})


def publish_programme(programme_id: UUID, *, actor: Actor) -> Programme:
    """Publish a complete programme; its rules are frozen from then on."""
    rules.check_officer(actor)
    programme = queries.get_programme(programme_id, lock=True)
    rules.check_draft(programme)
    rules.check_complete(rules.missing_in_programme(programme, programme.cost_shares))
    transition(programme, PROGRAMME, "publish", actor=actor)
    db.flush()
    return programme


def retire_programme(programme_id: UUID, *, actor: Actor) -> Programme:
    """Let no new call of the programme begin; calls and vouchers under way go on."""
    rules.check_officer(actor)
    programme = queries.get_programme(programme_id, lock=True)
    transition(programme, PROGRAMME, "retire", actor=actor)
    db.flush()
    return programme


def _plain(terms: Terms) -> dict[str, object]:
    values = asdict(terms)
    return values | {
        "service_lines": list(terms.service_lines),
        "stages": list(terms.stages),
        "cost_categories": dict(terms.cost_categories),
    }
