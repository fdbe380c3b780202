"""Blind scoring: what may be typed, what a scorer may read, and which certificates add points."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marketplace.core.errors import Invalid, explain
from marketplace.core.i18n import _
from marketplace.core.reasons import TELLING, check_reason
from marketplace.core.text import BLANKS, UNSEEN, plain_firm_name
from marketplace.programmes.models import Call

explain({"scorings_own_company": _("Nobody scores a company they belong to.")})


@dataclass(frozen=True)
class Place:
    """An application that still needs so many evaluators, and the company whose people can't be among them."""

    application_id: UUID
    company: UUID
    needed: int


def choose(
    places: Sequence[Place],
    evaluators: Sequence[UUID],
    *,
    load: Mapping[UUID, int],
    asked: Collection[tuple[UUID, UUID]],
    members: Collection[tuple[UUID, UUID]],
) -> list[tuple[UUID, UUID]]:
    """Application and evaluator of every place that can be filled, always by whoever has the least to score.

    `asked` are application and evaluator of earlier askings, `members` are person and organisation, past ones too.
    """
    waiting = {evaluator: load.get(evaluator, 0) for evaluator in evaluators}
    chosen = []
    for place in places:
        free = [
            evaluator
            for evaluator in evaluators
            if (place.application_id, evaluator) not in asked and (evaluator, place.company) not in members
        ]
        for evaluator in sorted(free, key=lambda one: (waiting[one], str(one)))[: place.needed]:
            waiting[evaluator] += 1
            chosen.append((place.application_id, evaluator))
    return chosen


def certificate_points(call: Call) -> dict[str, int]:
    """The kinds of certificates that add points in this call, with the points; none where it isn't given by score."""
    offered = call.scoring["certificates"] if call.scoring else []
    return {certificate["code"]: certificate["points"] for certificate in offered}


def check_scores(scoring: Mapping[str, Any], points: Mapping[str, int | None], reasons: Mapping[str, str]) -> None:
    """Every criterion has points from 0 to its most, and a reason that says something."""
    for criterion in scoring["criteria"]:
        code = criterion["code"]
        given = points.get(code)
        if given is None or not 0 <= given <= criterion["max"]:
            raise Invalid(_("Give points from 0 to %(most)s.", most=criterion["max"]), field=f"points_{code}")
        check_reason(reasons.get(code, ""), field=f"reason_{code}", shortest=TELLING)


def check_statement(statement: str) -> None:
    """A conflict is named."""
    check_reason(statement, field="statement", shortest=TELLING)


def without_name(text: str, name: str) -> str:
    """What a company wrote, its own name made unreadable however it is written there; too short a name as it is."""
    letters = plain_firm_name(name)
    if len(letters) < 2:
        return text.replace(name, "▇▇▇") if name else text
    between = f"(?:{UNSEEN.pattern}|{BLANKS.pattern})*"
    named = re.compile(between.join(map(re.escape, letters)), re.IGNORECASE)
    plain = unicodedata.normalize("NFKC", text)
    return named.sub("▇▇▇", plain) if named.search(plain) else text
