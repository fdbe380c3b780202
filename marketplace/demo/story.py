"""What the scenes of the demo share: the world they play in, the plan of a story, and how far it has come."""

from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from marketplace.core.actors import Role
from marketplace.demo.people import Cast
from marketplace.demo.registers import Company, Firm
from marketplace.demo.walk import Walk


@dataclass(frozen=True)
class Plan:
    """How one voucher is used: the last scene, when it begins (days before today), and what is planted in it."""

    until: str
    begin: float | None = None
    twist: str = ""
    case: str = ""
    """What becomes of its flags: dismissed, or how far a case goes."""
    at: dict[str, float] = field(default_factory=dict)
    """Scenes that wait for a day, given in days before today."""
    wait: dict[str, float] = field(default_factory=dict)
    """Days that a scene is followed by, where they differ from the usual."""


@dataclass
class World:
    """The walk through time, its people, and the plans not yet given to a voucher, by call."""

    walk: Walk
    cast: Cast
    chance: Random
    companies: list[Company] = field(default_factory=list)
    firms: list[Firm] = field(default_factory=list)
    plans: dict[UUID, list[Plan]] = field(default_factory=dict)
    copied: list[str] = field(default_factory=list)
    """Paragraphs of a report that somebody else will hand in once more."""

    def next_plan(self, call_id: UUID) -> Plan:
        """What becomes of the next voucher of a call; an unplanned one is kept unused."""
        plans = self.plans[call_id]
        return plans.pop(0) if plans else Plan("")

    def firms_for(self, service_line: str, count: int) -> list[Firm]:
        """Some firms that offer a service line."""
        fitting = [firm for firm in self.firms if service_line in firm.service_lines]
        return self.chance.sample(fitting, min(count, len(fitting)))


@dataclass
class Tale:
    """One voucher's story: who takes part, and the ids of what was made so far."""

    world: World
    company: Company
    voucher_id: UUID
    plan: Plan
    language: str = "ko"
    firm: Firm | None = None
    bidders: list[Firm] = field(default_factory=list)
    ids: dict[str, Any] = field(default_factory=dict)
    number: int = 1
    """The stage under way, counted from 1."""

    @property
    def chance(self) -> Random:
        """The seeded chance of the whole world."""
        return self.world.chance

    @property
    def provider(self) -> Firm:
        """The firm that won."""
        assert self.firm is not None
        return self.firm

    def officer(self, role: Role, number: int = 0) -> Any:
        """One of the agency's people."""
        return self.world.cast.one(role, number)
