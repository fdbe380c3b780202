"""The filter and order of providers for a job: pure, and every decision comes with its reason."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

# A firm without a grade yet stands in the middle of the scale, so that newcomers get a chance.
UNGRADED = 50


class Standing(StrEnum):
    """Whether a firm of the register may be asked; all but one are reasons not to."""

    APPROVED = "approved"
    SUSPENDED = "suspended"
    CONFLICT = "conflict"
    DORMANT = "dormant"


@dataclass(frozen=True)
class Wanted:
    """What a job asks of a provider."""

    service_line: str
    region: str
    sector: str
    language: str


@dataclass(frozen=True)
class Provider:
    """A provider's plain facts. `grade` is 0-100 or None (not yet graded); `load` and `capacity` count engagements."""

    id: UUID
    name: str
    standing: Standing
    service_lines: frozenset[str]
    regions: frozenset[str]
    sectors: frozenset[str]
    languages: frozenset[str]
    load: int
    capacity: int
    grade: int | None = None
    ready_consultants: int = 0


@dataclass(frozen=True)
class Reason:
    """One machine-readable reason; `holds` tells whether it speaks for the provider."""

    code: str
    holds: bool
    value: str = ""


@dataclass(frozen=True)
class Candidate:
    """A provider that can do the job, with its place and what speaks for and against it."""

    provider: Provider
    rank: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Excluded:
    """A provider that can't take the job now, and why."""

    provider: Provider
    reason: Reason


@dataclass(frozen=True)
class Ranking:
    """The answer: candidates in order, and those left out."""

    candidates: tuple[Candidate, ...] = ()
    excluded: tuple[Excluded, ...] = field(default=())


def rank(providers: Iterable[Provider], need: Wanted) -> Ranking:
    """Every provider once: in order with reasons, or left out with one reason; the same input gives the same order."""
    fit: list[Provider] = []
    excluded: list[Excluded] = []
    for provider in sorted(providers, key=lambda row: row.id):
        reason = exclusion(provider, need)
        if reason:
            excluded.append(Excluded(provider, reason))
        else:
            fit.append(provider)
    fit.sort(key=lambda provider: _order(provider, need))
    candidates = tuple(
        Candidate(provider, place, _reasons(provider, need)) for place, provider in enumerate(fit, start=1)
    )
    return Ranking(candidates, tuple(excluded))


def exclusion(provider: Provider, need: Wanted) -> Reason | None:
    """The first reason why this provider can't take the job, or None."""
    checks: tuple[tuple[str, Callable[[], bool], str], ...] = (
        (provider.standing, lambda: provider.standing == Standing.APPROVED, ""),
        ("service_line", lambda: need.service_line in provider.service_lines, need.service_line),
        ("language", lambda: need.language in provider.languages, need.language),
        ("no_ready_consultant", lambda: provider.ready_consultants > 0, ""),
        ("full", lambda: provider.load < provider.capacity, f"{provider.load}/{provider.capacity}"),
    )
    for code, holds, value in checks:
        if not holds():
            return Reason(code, holds=False, value=value)
    return None


def _order(provider: Provider, need: Wanted) -> tuple[bool, bool, int, Fraction, str]:
    """Region first, then sector, then grade, then free capacity; the id settles what is left."""
    return (
        need.region not in provider.regions,
        need.sector not in provider.sectors,
        -(UNGRADED if provider.grade is None else provider.grade),
        Fraction(provider.load, provider.capacity),
        str(provider.id),
    )


def _reasons(provider: Provider, need: Wanted) -> tuple[Reason, ...]:
    """What a person reads beside the name: service, region, sector, grade, room."""
    graded = provider.grade is not None
    return (
        Reason("service_line", holds=True, value=need.service_line),
        Reason("region", holds=need.region in provider.regions, value=need.region),
        Reason("sector", holds=need.sector in provider.sectors, value=need.sector),
        Reason("grade" if graded else "ungraded", holds=graded, value=str(provider.grade) if graded else ""),
        Reason("room", holds=True, value=f"{provider.load}/{provider.capacity}"),
    )
