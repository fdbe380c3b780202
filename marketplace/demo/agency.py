"""The agency of the demo says who it is: each thing proposed by one of its people and confirmed by another."""

import tomllib
from typing import Any

from config.settings import ROOT
from marketplace.agency import service
from marketplace.agency.models import AgencyAccount, AgencyProfile, FunderEdition
from marketplace.agency.states import FunderKind
from marketplace.core import clock
from marketplace.core.actors import Role
from marketplace.demo.people import Cast

FILE = ROOT / "config" / "demo" / "agency.toml"


def introduce(cast: Cast) -> None:
    """The agency's profile, bank account and funders, in force from today."""
    told: dict[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    today = clock.today()
    said = {name: told[name] for name in ("name", "address", "help_email")}
    profile = service.propose_profile(actor=cast.one(Role.ADMINISTRATOR), valid_from=today, **said)
    service.confirm(AgencyProfile, profile.id, actor=cast.one(Role.ADMINISTRATOR, 1))
    proposes, confirms = cast.one(Role.BUDGET_OFFICER), cast.one(Role.BUDGET_OFFICER, 1)
    account = service.propose_account(actor=proposes, valid_from=today, **told["account"])
    service.confirm(AgencyAccount, account.id, actor=confirms)
    for funder in told["funders"]:
        edition = service.propose_funder(
            actor=proposes, kind=FunderKind(funder["kind"]), name=funder["name"], valid_from=today
        )
        service.confirm(FunderEdition, edition.id, actor=confirms)
