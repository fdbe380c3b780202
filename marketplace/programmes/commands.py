"""The command line of eligibility: check a company against a size standard, list the sectors it names."""

import json
import re
from dataclasses import asdict
from typing import Any

import click
from flask.cli import AppGroup

from config import lists
from marketplace.programmes import eligibility, rules
from marketplace.programmes.eligibility import Assessment, Standard
from marketplace.programmes.standards import standards

eligibility_group = AppGroup("eligibility", help="Ask a size standard who counts as a small or medium enterprise.")
groups = [eligibility_group]

RULE_KEYS = ("code", "value", "threshold", "unit", "passed", "source", "date", "basis")
PASSED = {True: "met", False: "not met", None: "unknown"}


class WholeNumber(click.ParamType[int]):
    """A whole number of 0 or more, in ASCII digits alone."""

    name = "digits"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, or a sentence and exit 2."""
        if isinstance(value, int):
            return value
        if not re.fullmatch(r"[0-9]{1,18}", value):
            self.fail("Write a whole number in digits, such as 299; no sign, comma, point or unit.", param, ctx)
        return int(value)


class StandardCode(click.ParamType[Standard]):
    """The code of a size standard on file."""

    name = "code"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Standard:
        """The standard, or a sentence and exit 2."""
        if value not in standards():
            self.fail(f"There is no such size standard. Use one of: {', '.join(standards())}.", param, ctx)
        return standards()[value]


standard_option = click.option("--standard", type=StandardCode(), required=True, help="Size standard, such as kr-2025.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@eligibility_group.command("check", with_appcontext=False)
@standard_option
@click.option("--sector", help="Sector code; see `marketplace eligibility sectors`.")
@click.option("--employees", type=WholeNumber(), help="People employed.")
@click.option("--capital", type=WholeNumber(), help="Paid-in capital, whole units of the standard's currency.")
@click.option("--industry", help="Industry code; see `marketplace eligibility sectors`.")
@click.option("--sales-year-1", type=WholeNumber(), help="Sales of the last whole business year.")
@click.option("--sales-year-2", type=WholeNumber(), help="Sales of the year before.")
@click.option("--sales-year-3", type=WholeNumber(), help="Sales of two years before.")
@click.option("--sales-so-far", type=WholeNumber(), help="Sales of the months so far, without a whole business year.")
@click.option("--months-so-far", type=WholeNumber(), help="How many full months those are, 1 to 12.")
@click.option("--total-assets", type=WholeNumber(), help="Total assets at the end of the last business year.")
@click.option("--sales", type=WholeNumber(), help="Sales of a year, whole units of the standard's currency.")
@click.option("--turnover", type=WholeNumber(), help="Turnover of a year, whole units of the standard's currency.")
@click.option("--balance-sheet", type=WholeNumber(), help="Balance sheet total, whole units of the currency.")
@json_option
def check(standard: Standard, sector: str | None, industry: str | None, as_json: bool, **facts: int | None) -> None:
    """Say whether a company counts as an SME, and why."""
    assessment = rules.assess(standard, {"sector": sector, "industry": industry, **facts})
    click.echo(_as_json(assessment) if as_json else _as_text(assessment))


@eligibility_group.command("sectors", with_appcontext=False)
@standard_option
@click.option("--language", type=click.Choice(["ko", "en"]), default="en", show_default=True)
@json_option
def list_sectors(standard: Standard, language: str, as_json: bool) -> None:
    """List the sectors or industries a size standard names."""
    labels = lists.industries() if standard.rows_by == "industry" else lists.sectors()
    named = [{"code": code, "label": labels[code][language]} for code in eligibility.sectors(standard)]
    if as_json:
        click.echo(json.dumps(named, ensure_ascii=False))
    else:
        for sector in named:
            click.echo(f"{sector['code']:24} {sector['label']}")


def _as_json(assessment: Assessment) -> str:
    applied = [
        {key: asdict(rule)[key] for key in RULE_KEYS} | {"source": rule.source["en"]} for rule in assessment.rules
    ]
    body = {"result": assessment.result, "rules": applied, "band": assessment.band, "standard": assessment.standard}
    body["changes"] = [asdict(change) for change in assessment.changes]
    return json.dumps(body, ensure_ascii=False, default=str)


def _as_text(assessment: Assessment) -> str:
    lines = [assessment.result.replace("_", " ")]
    for rule in assessment.rules:
        bound = "or less" if rule.inclusive else "less than"
        value = "unknown" if rule.value is None else f"{rule.value:,}" + (f" ({rule.basis})" if rule.basis else "")
        limit = f"{bound} {rule.threshold:,} {rule.unit}"
        lines.append(f"  {rule.code}: {value}; {limit}: {PASSED[rule.passed]} ({rule.source['en']})")
    for change in assessment.changes:
        lines.append(f"  would change with: {change.code}" + (f" -> {change.becomes}" if change.becomes else ""))
    return "\n".join(lines)
