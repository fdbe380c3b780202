"""Reads for matching: the firms of the register as plain rows, ranked for a job."""

from config.providers import terms
from marketplace.core import clock
from marketplace.jobs.models import Job
from marketplace.matching.ranking import Provider, Ranking, Standing, Wanted, rank
from marketplace.providers import queries as providers
from marketplace.providers import rules
from marketplace.providers.models import Provider as ProviderRow
from marketplace.providers.states import ProviderStatus


def rank_for(job: Job) -> Ranking:
    """Every firm of the register once: in order with reasons, or left out with the reason."""
    now, ready = clock.now(), providers.ready_counts(clock.today())
    conflicts = providers.conflicting_providers(job.organisation_id)
    after = terms(clock.today()).dormant_after
    rows = [
        _plain(
            row,
            _standing(row, dormant=rules.is_dormant(row, now, after=after), conflict=row.id in conflicts),
            ready.get(row.id, 0),
        )
        for row in providers.in_register()
    ]
    return rank(rows, Wanted(job.service_line, job.region, job.sector, job.language))


def _standing(row: ProviderRow, *, dormant: bool, conflict: bool) -> Standing:
    if row.status != ProviderStatus.APPROVED:
        return Standing.SUSPENDED
    if conflict:
        return Standing.CONFLICT
    return Standing.DORMANT if dormant else Standing.APPROVED


def _plain(row: ProviderRow, standing: Standing, ready: int) -> Provider:
    return Provider(
        id=row.id,
        name=row.name,
        standing=standing,
        service_lines=frozenset(row.service_lines),
        regions=frozenset(row.regions),
        sectors=frozenset(row.sectors),
        languages=frozenset(row.languages),
        load=row.load,
        capacity=row.capacity,
        grade=row.grade_value,
        ready_consultants=ready,
    )
