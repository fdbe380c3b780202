"""Blind scoring: what may be typed, what a scorer may read, and which files prove a certificate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from marketplace.core.errors import Invalid, Words, explain
from marketplace.core.i18n import _, localized
from marketplace.programmes.models import Call

SHORTEST_REASON = 10
CERTIFICATE = "certificate_"

explain({"scorings_own_company": _("Nobody scores a company they belong to. Nothing was saved.")})


def scorers_needed(call: Call) -> int:
    """How many evaluators score each application of the call; 0 where it is not given by score."""
    return int(call.scoring["scorers"]) if call.scoring else 0


def certificates(call: Call) -> dict[str, Words]:
    """The certificates that add points in this call, as kinds of files that prove them."""
    found = call.scoring["certificates"] if call.scoring else []
    return {CERTIFICATE + each["code"]: localized(each["label"]) for each in found}


def proved(kinds: Iterable[str]) -> list[str]:
    """The codes of the certificates for which a file is attached."""
    return sorted({kind.removeprefix(CERTIFICATE) for kind in kinds if kind.startswith(CERTIFICATE)})


def check_scores(scoring: Mapping[str, Any], points: Mapping[str, int | None], reasons: Mapping[str, str]) -> None:
    """Every criterion has points from 0 to its most, and a reason that says something."""
    for criterion in scoring["criteria"]:
        code = criterion["code"]
        given = points.get(code)
        if given is None or not 0 <= given <= criterion["max"]:
            raise Invalid(_("Give points from 0 to %(most)s.", most=criterion["max"]), field=f"points_{code}")
        if len(reasons.get(code, "").strip()) < SHORTEST_REASON:
            raise Invalid(_("Give a reason of at least 10 characters."), field=f"reason_{code}")


def check_statement(statement: str) -> None:
    """A conflict is named."""
    if len(statement.strip()) < SHORTEST_REASON:
        raise Invalid(_("Give a reason of at least 10 characters."), field="statement")


def without_name(text: str, name: str) -> str:
    """What a company wrote, its own name made unreadable."""
    return text.replace(name, "▇▇▇") if name.strip() else text
