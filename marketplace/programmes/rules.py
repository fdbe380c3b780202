"""What may be done to programmes, calls and budget lines, and what is missing before they can be published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from config import lists
from marketplace.core import clock
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid, NotFound, Words, explain
from marketplace.core.i18n import Text, _, localized, money
from marketplace.core.money import split
from marketplace.programmes import eligibility
from marketplace.programmes.eligibility import AVERAGE_SALES, STATED_SALES, Assessment, Standard
from marketplace.programmes.models import USUAL_CATEGORY, WHOLE, Amendment, BudgetLine, Call, CostShare, Programme
from marketplace.programmes.standards import currency_of, standard_on
from marketplace.programmes.states import AllocationMethod, BudgetLineStatus, CallStatus, ProgrammeStatus, Stratum
from marketplace.programmes.terms import Method, Terms

explain(
    {
        "frozen": _("This was published, so it can't be changed any more."),
        "cost_shares_whole": _("The cost shares of each category must sum to exactly 100 %%."),
        "uq_programmes_code": _("Another programme has this code. Choose another code."),
        "uq_budget_lines_call_id": _("This funder already has a budget line in the call."),
        "ck_budget_lines_appropriated_by": _("Somebody else than who proposed the budget line must appropriate it."),
        "ck_calls_closes_at": _("The call must close after it opens."),
        "ck_amendments_published_by": _("Somebody else than who wrote the amendment must publish it."),
        "uq_amendments_proposed": _(
            "Another amendment of this call waits for a second officer. Publish or withdraw it."
        ),
        "uq_call_files_replaces_id": _("This file was replaced already. Choose the file that replaced it."),
    }
)


FACT_NAMES: Mapping[str, Words] = {
    "sector": _("Sector"),
    "industry": _("Main industry"),
    "employees": _("Number of employees"),
    "capital": _("Capital"),
    "sales": _("Sales in the last business year"),
    "average_sales": _("Sales of an average year"),
    "sales_year_1": _("Sales in the last business year"),
    "sales_year_2": _("Sales the year before"),
    "sales_year_3": _("Sales two years before"),
    "sales_so_far": _("Sales of these months"),
    "months_so_far": _("Number of full months"),
    "total_assets": _("Total assets"),
    "turnover": _("Turnover in the last business year"),
    "balance_sheet": _("Balance sheet total"),
}
"""What the facts of a company are called, by the names under which they are kept."""


def check_facts(facts: Mapping[str, object]) -> None:
    """Sales of some months and the number of these months belong together."""
    if (facts.get("sales_so_far") is None) != (facts.get("months_so_far") is None):
        sentence = _("Give the sales of these months and the number of months, or neither.")
        raise Invalid(sentence, field="months_so_far")


def standard_of(call: Call) -> Standard:
    """The size standard of a call: the edition that is in force on the day it opens, unless its programme names one."""
    return standard_on(call.programme.size_standard, clock.day_of(call.opens_at))


def assess(standard: Standard, facts: Mapping[str, object]) -> Assessment:
    """What a size standard says of a company's facts: sector, employees, and money in whole major units.

    Who names no industry has that of its sector, where the sector lies in one alone.
    """
    numbers = {fact: value for fact in eligibility.FACTS if isinstance(value := facts.get(fact.replace("-", "_")), int)}
    sector = facts.get(standard.rows_by)
    if standard.rows_by == "industry" and not sector:
        sector = lists.sole_industries().get(str(facts.get("sector")))
    return eligibility.assess(standard, sector=str(sector) if sector else None, facts=numbers)


def asked_facts(standard: Standard) -> list[str]:
    """The facts a size standard needs, in the order they are asked."""
    groups = [group for row in standard.rows for tests in (row.groups, *row.bands.values()) for group in tests]
    tested = {test.fact for group in groups for test in group}
    if AVERAGE_SALES in tested:
        tested |= set(STATED_SALES)
    return ([standard.rows_by] if standard.rows_by else []) + [
        fact.replace("-", "_") for fact in eligibility.FACTS if fact in tested
    ]


def check_officer(actor: Actor) -> None:
    """Only a programme officer writes programmes and calls."""
    if actor.role is not Role.PROGRAMME_OFFICER:
        raise Forbidden()


def check_system(actor: Actor) -> None:
    """What happens by itself is nobody's to do."""
    if actor != SYSTEM:
        raise Forbidden()


def check_officer_or_system(actor: Actor) -> None:
    """A call closes by itself, or when a programme officer begins its allocation."""
    if actor != SYSTEM:
        check_officer(actor)


def check_draft(thing: Programme | Call) -> None:
    """What is published is frozen."""
    if thing.status not in (ProgrammeStatus.DRAFT, CallStatus.DRAFT):
        raise DomainError(_("This was published, so it can't be changed any more."))


def check_amendable(call: Call) -> None:
    """A draft is changed as it is, and what has ended is not corrected any more."""
    if call.status == CallStatus.DRAFT:
        raise DomainError(_("This call is not published, so change it as it is."))
    if call.status == CallStatus.WOUND_UP:
        raise DomainError(_("This call has ended, so its notice stays as it is."))


def check_proposed(amendment: Amendment) -> None:
    """A published amendment is frozen."""
    if amendment.published_at is not None:
        raise DomainError(_("This amendment was published, so it stays as it is."))


def check_second_officer(amendment: Amendment, actor: Actor) -> None:
    """Somebody else than who wrote an amendment publishes it."""
    check_officer(actor)
    if amendment.created_by == actor.person_id:
        raise DomainError(_("Somebody else than who wrote the amendment must publish it."))


def check_both(text: Text, field: str) -> None:
    """A text of a notice stands in both languages."""
    for language in ("ko", "en"):
        if not text.get(language):
            raise Invalid(_("Write this in both languages."), field=f"{field}_{language}")


def check_not_retired(programme: Programme) -> None:
    """A retired programme begins no new call."""
    if programme.status == ProgrammeStatus.RETIRED:
        raise DomainError(_("This programme is retired, so it begins no new call."))


def check_terms(terms: Terms) -> None:
    """A size standard on file in the programme's own currency, and caps that one voucher fits under."""
    currency = currency_of(terms.size_standard)
    if currency is None:
        raise Invalid(_("Choose one of the size standards."), field="size_standard")
    if currency != terms.currency:
        raise Invalid(
            _("This size standard counts in %(currency)s, the programme does not.", currency=currency),
            field="size_standard",
        )
    check_categories(terms.cost_categories)
    if (terms.aid_cap is None and terms.sme_cap is None) != (terms.aid_cap_months is None):
        raise Invalid(_("Give both a cap and its months, or neither."), field="aid_cap_months")
    for name, cap in (("sme_cap", terms.sme_cap), ("aid_cap", terms.aid_cap)):
        if cap is not None and cap < terms.voucher_amount:
            raise Invalid(_("The cap is below the amount of one voucher."), field=name)


def strata(call: Call) -> Mapping[str, Mapping[str, str]]:
    """The strata of a call with quotas, by code, with their labels."""
    if call.quota_by == Stratum.BAND:
        return {band.code: band.label for band in standard_of(call).bands}
    return {Stratum.REGION: lists.regions, Stratum.SECTOR: lists.sectors}[call.quota_by]() if call.quota_by else {}


def check_method(method: Method) -> None:
    """By what companies are grouped is said for quotas, and for them alone."""
    if (method.code == AllocationMethod.HYBRID) != (method.quota_by is not None):
        raise Invalid(_("Say what the quotas are for, and only for a lottery with quotas."), field="quota_by")


def check_quotas(call: Call, quotas: Mapping[str, int]) -> None:
    """Quotas are of strata on file, whole numbers of 0 or more, and of a call that has quotas."""
    if call.allocation_method != AllocationMethod.HYBRID:
        raise DomainError(_("This call has no quotas."))
    if set(quotas) - set(strata(call)) or min(quotas.values(), default=0) < 0:
        raise Invalid(_("Give a whole number of vouchers for each group."))


def missing_in_quotas(call: Call, lines: Sequence[BudgetLine]) -> list[Words]:
    """A lottery with quotas has some, and no more than the budget pays."""
    if call.allocation_method != AllocationMethod.HYBRID:
        return []
    if not call.quotas:
        return [_("There is no quota.")]
    needed = sum(call.quotas.values()) * call.programme.voucher_amount
    return [_("The quotas hold more vouchers than the budget pays.")] if needed > sum(x.amount for x in lines) else []


def check_categories(planned: Mapping[str, int]) -> None:
    """The categories of cost are on file, and their planned parts sum to exactly 100 per cent."""
    if not set(planned) <= set(lists.cost_categories()) or any(percent <= 0 for percent in planned.values()):
        raise Invalid(_("Choose categories of cost from the list."), field=f"category_{USUAL_CATEGORY}")
    if sum(planned.values()) != 100:
        raise Invalid(_("The planned parts of the categories must sum to 100."), field=f"category_{USUAL_CATEGORY}")


def check_category(programme: Programme, category: str) -> None:
    """Shares are laid down for the programme's own categories of cost."""
    if category not in programme.cost_categories:
        raise NotFound()


def check_whole(shares: Mapping[UUID | None, int]) -> None:
    """Cost shares sum to exactly 100 %."""
    total = sum(shares.values())
    if total != WHOLE:
        raise Invalid(_("The shares sum to %(percent)s %%. They must sum to 100 %%.", percent=f"{total / 100:g}"))


def categories_of(codes: Collection[str]) -> dict[str, Text]:
    """These categories of cost with their labels, in the order of the list."""
    return {code: dict(label) for code, label in lists.cost_categories().items() if code in codes}


def missing_in_programme(programme: Programme, shares: Sequence[CostShare]) -> list[Words]:
    """Everything a programme still needs before it can be published, all at once."""
    missing: list[Words] = []
    for category, label in categories_of(programme.cost_categories).items():
        total = sum(share.basis_points for share in shares if share.category == category)
        if total != WHOLE and len(programme.cost_categories) == 1:
            missing.append(_("The cost shares sum to %(percent)s %%, not to 100 %%.", percent=f"{total / 100:g}"))
        elif total != WHOLE:
            sentence = _("%(category)s: the cost shares sum to %(percent)s %%, not to 100 %%.",
                         category=localized(label), percent=f"{total / 100:g}")  # fmt: skip
            missing.append(sentence)
    if not any(share.funder_id is not None for share in shares):
        missing.append(_("No funder bears a part of the cost."))
    if not programme.service_lines:
        missing.append(_("There is no service line."))
    if not programme.stages:
        missing.append(_("There is no stage."))
    if not all(programme.name.get(language) and programme.summary.get(language) for language in ("ko", "en")):
        missing.append(_("The name or the summary is missing in one language."))
    return missing


def funder_weights(programme: Programme, shares: Sequence[CostShare]) -> dict[UUID, int]:
    """In which proportion the funders bear a voucher: their shares, by what each category is planned to cost."""
    weights: Counter[UUID] = Counter()
    for share in shares:
        if share.funder_id is not None:
            weights[share.funder_id] += programme.cost_categories[share.category] * share.basis_points
    return dict(weights)


def voucher_parts(programme: Programme, shares: Sequence[CostShare]) -> dict[UUID, int]:
    """How much of one voucher each funder pays, in minor units."""
    weights = funder_weights(programme, shares)
    return dict(zip(weights, split(programme.voucher_amount, list(weights.values())), strict=True))


def missing_in_call(call: Call, lines: Sequence[BudgetLine], shares: Sequence[CostShare], now: datetime) -> list[Words]:
    """Everything a call still needs before it can be published, all at once."""
    missing: list[Words] = []
    if call.programme.status != ProgrammeStatus.PUBLISHED:
        missing.append(_("The programme is not published."))
    if call.closes_at <= now:
        missing.append(_("The closing time has passed."))
    funded = {line.funder_id for line in lines}
    unfunded = {
        share.funder.code: share.funder.name for share in shares if share.funder and share.funder_id not in funded
    }
    missing += [
        _("There is no budget line of this funder: %(funder)s.", funder=localized(name)) for name in unfunded.values()
    ]
    parts = voucher_parts(call.programme, shares)
    missing += [
        _(
            "The money of %(funder)s pays for no voucher: one takes %(amount)s of it.",
            funder=localized(line.funder.name),
            amount=money(parts[line.funder_id], call.programme.currency),
        )
        for line in lines
        if line.amount < parts.get(line.funder_id, 0)
    ]
    bearing = {share.funder_id for share in shares}
    missing += [
        _("This funder bears no part of the programme's cost: %(funder)s.", funder=localized(line.funder.name))
        for line in lines
        if line.funder_id not in bearing
    ]
    if any(line.status != BudgetLineStatus.APPROPRIATED for line in lines):
        missing.append(_("A budget officer has not yet appropriated every budget line."))
    if not all(call.title.get(language) for language in ("ko", "en")):
        missing.append(_("The title is missing in one language."))
    if not all(text.get(language) for text in (call.description, call.conditions) for language in ("ko", "en")):
        missing.append(_("The description or the conditions are missing in one language."))
    return missing + missing_in_quotas(call, lines)


class Incomplete(DomainError):
    """What can't be published yet; `missing` names everything at once."""

    def __init__(self, missing: Sequence[Words]) -> None:
        super().__init__(_("This is not complete, so it can't be published: %(missing)s", missing=_joined(missing)))
        self.missing = missing


def _joined(missing: Sequence[Words]) -> str:
    return " ".join(str(sentence) for sentence in missing)


def check_complete(missing: Sequence[Words]) -> None:
    """Nothing is published while something is missing."""
    if missing:
        raise Incomplete(missing)


def check_pays_a_voucher(amount: int, part: int, currency: str) -> None:
    """A funder's money in a call pays its part of one voucher at least; with less the call would give nothing."""
    if amount < part:
        raise Invalid(
            _("This pays for no voucher: one takes %(amount)s of this funder.", amount=money(part, currency)),
            field="amount",
        )


def check_appropriation(line: BudgetLine, actor: Actor) -> None:
    """A budget officer appropriates, never the one who proposed the line."""
    if actor.role is not Role.BUDGET_OFFICER:
        raise Forbidden()
    if line.created_by is not None and line.created_by == actor.person_id:
        raise DomainError(_("Somebody else than who proposed the budget line must appropriate it."))


def check_nothing_in_flight(amount: int) -> None:
    """A call ends when nothing is promised, bound or to be paid any more."""
    if amount:
        raise DomainError(_("Money of this call is still promised or to be paid."))


def check_return(call: Call, line: BudgetLine, actor: Actor) -> None:
    """Unspent money goes back once the call is ending, by a budget officer who didn't propose the line."""
    if actor.role is not Role.BUDGET_OFFICER:
        raise Forbidden()
    if line.created_by is not None and line.created_by == actor.person_id:
        raise DomainError(_("Somebody else than who proposed the budget line must return its money."))
    if not call.is_ending:
        raise DomainError(_("This call is not being wound down, so its money stays."))


def check_unspent(amount: int) -> None:
    """Only what is left can be returned."""
    if not amount:
        raise DomainError(_("Nothing is left on this budget line."))
