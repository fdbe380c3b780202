"""Rules of the families time, assignment, document and survey: the work done and what the SME says of it."""

from collections.abc import Iterator
from datetime import date, timedelta

from marketplace.core.text import plain_firm_name, plain_number
from marketplace.ethics.rules.facts import (
    Direction,
    Facts,
    Flow,
    Hit,
    Requirement,
    Session,
    Side,
    Validity,
    strong,
    weak,
)
from marketplace.ethics.rules.identity import short
from marketplace.ethics.rules.register import Limits, rule


@rule("E07", version=1)
def two_places(facts: Facts, limits: Limits) -> Iterator[Hit]:
    """E07: no person is in two sessions at once; one ending when the next begins is no overlap."""
    allowed = timedelta(minutes=int(limits["overlap_minutes"]))
    known = sorted((*facts.sessions, *facts.other_sessions), key=lambda meeting: (meeting.starts_at, meeting.reference))
    own = {meeting.reference for meeting in facts.sessions}
    for index, first in enumerate(known):
        for second in known[index + 1 :]:
            overlap = min(first.ends_at, second.ends_at) - second.starts_at
            if first.person != second.person or not own & {first.reference, second.reference}:
                continue
            if overlap > allowed:
                yield strong(
                    "overlap",
                    value=first.person,
                    minutes=int(overlap.total_seconds() // 60),
                    threshold=limits["overlap_minutes"],
                    links=(first.reference, second.reference),
                )


@rule("E09", version=1)
def substituted(facts: Facts, limits: Limits) -> Iterator[Hit]:
    """E09: the people named in the agreement do the work."""
    strangers: dict[str, list[str]] = {}
    for session in facts.sessions:
        if not _is_named(facts, session):
            strangers.setdefault(session.person, []).append(session.reference)
    for person, links in sorted(strangers.items()):
        yield strong("not_named", value=person, sessions=len(links), threshold=0, links=tuple(links))
    said = facts.survey.facts.get("named_consultant") if facts.survey else None
    if said in ("sometimes", "never"):
        yield weak("survey_says_other", answer=said)


def _is_named(facts: Facts, session: Session) -> bool:
    day = session.starts_at.astimezone(facts.zone).date()
    return any(person.holder == session.person and covers(person, day) for person in facts.named)


@rule("E10", version=1)
def unconfirmed(facts: Facts, limits: Limits) -> Iterator[Hit]:
    """E10: the SME confirms each session, soon."""
    hours, least = timedelta(hours=int(limits["hours"])), int(limits["sessions"])
    late = [session for session in facts.sessions if (session.confirmed_at or facts.now) - session.ends_at > hours]
    missing = [meeting for meeting in late if meeting.confirmed_at is None]
    if len(missing) >= least:
        yield strong(
            "unconfirmed", sessions=len(missing), threshold=least, links=tuple(meeting.reference for meeting in missing)
        )
    counted = facts.survey.facts.get("sessions_held") if facts.survey else None
    if isinstance(counted, int) and len(facts.sessions) - counted >= least:
        yield weak("survey_counts_fewer", sessions=len(facts.sessions), answer=counted, threshold=least)


@rule("E18", version=3)
def given_back(facts: Facts, limits: Limits) -> Iterator[Hit]:
    """E18: nothing flows back to the SME, and neither side pays for the other after the provider was paid."""
    said = facts.survey.facts.get("offered_back", "no") if facts.survey else "no"
    if said != "no":
        yield strong("survey_says_given", answer=said)
    days = int(limits["days"])
    for flow in facts.flows:
        day, within, links = flow.day.isoformat(), f"{days} d", (flow.reference,)
        if reason := _between_the_sides(facts, flow, days):
            yield strong(reason, value=flow.account, day=day, threshold=within, links=links)
        elif reason := _under_their_name(facts, flow, days):
            yield weak(reason, value=flow.payer, day=day, threshold=within, links=links)


def _between_the_sides(facts: Facts, flow: Flow, days: int) -> str | None:
    """What is wrong with this movement, if anything is; who paid the engagement's own share is E17's question."""
    theirs = {plain_number(bank_account) for bank_account in facts.provider.bank_accounts}
    ours = {plain_number(number) for number in (*facts.sme.bank_accounts, *facts.share_accounts)} - theirs
    account = plain_number(flow.account)
    if account not in (theirs if flow.side == Side.SME else ours):
        return None
    if flow.direction == Direction.OUT:
        return "refund_to_them"
    if not _is_soon_after(facts, flow, days):
        return None
    return "provider_pays_for_company" if flow.side == Side.SME else "company_pays_for_provider"


def _under_their_name(facts: Facts, flow: Flow, days: int) -> str | None:
    """Money from an account that nobody knows, under the other side's name: firms can share a name, so it is weak."""
    theirs, ours = plain_firm_name(facts.provider.name), plain_firm_name(facts.sme.name)
    other = theirs if flow.side == Side.SME else ours
    if flow.direction == Direction.OUT or not other or theirs == ours or plain_firm_name(flow.payer) != other:
        return None
    if not _is_soon_after(facts, flow, days):
        return None
    return "provider_name_for_company" if flow.side == Side.SME else "company_name_for_provider"


def _is_soon_after(facts: Facts, flow: Flow, days: int) -> bool:
    """Whether it came within the days after the provider was paid, and isn't the engagement's own share."""
    soon = any(timedelta(0) <= flow.day - paid_on <= timedelta(days=days) for paid_on in facts.paid_on)
    return soon and flow.reference not in {co_payment.reference for co_payment in facts.co_payments}


@rule("E23", version=1)
def same_file(facts: Facts, limits: Limits) -> Iterator[Hit]:
    """E23: a deliverable is not one that was delivered before, neither as a file nor as text."""
    least = int(limits["min_characters"])
    for file in facts.files:
        for other in facts.other_files:
            if file.file_hash == other.file_hash:
                yield strong("same_file", value=short(file.file_hash), links=(file.reference, other.reference))
            elif file.text_hash and file.text_hash == other.text_hash and file.characters >= least:
                yield strong(
                    "same_text",
                    value=short(file.text_hash),
                    characters=file.characters,
                    threshold=least,
                    links=(file.reference, other.reference),
                )


@rule("E25", version=1)
def lapsed(facts: Facts, limits: Limits) -> Iterator[Hit]:
    """E25: registration, code of ethics and training are valid on the day of award and on each session day."""
    grace = int(limits["grace_days"])
    for required in facts.required:
        gaps = [(_gap(facts, required, day), day) for day in _days(facts, required)]
        longest, day = max(gaps, default=(0, required.first_on))
        if longest > 0:
            hit = weak if longest <= grace else strong
            links = (required.holder,)
            yield hit("not_valid", value=required.kind, day=day.isoformat(), threshold=f"{grace} d", links=links)


def _days(facts: Facts, required: Requirement) -> set[date]:
    """Days on which this holder's papers count: the first one, and the sessions (a person's own, a firm's all)."""
    people = {session.person for session in facts.sessions}
    own = [session for session in facts.sessions if required.holder not in people or session.person == required.holder]
    return {meeting.starts_at.astimezone(facts.zone).date() for meeting in own} | {required.first_on}


def _gap(facts: Facts, required: Requirement, day: date) -> int:
    """Days until the paper was valid again; 0 if it was valid; a very large number if it never was."""
    papers = [
        validity
        for validity in facts.validities
        if (validity.holder, validity.kind) == (required.holder, required.kind)
    ]
    if any(covers(paper, day) for paper in papers):
        return 0
    later = [(paper.valid_from - day).days for paper in papers if paper.valid_from > day]
    return min(later, default=10_000)


def covers(validity: Validity, day: date) -> bool:
    """Tell whether it is valid on the day, first and last day included."""
    return validity.valid_from <= day and (validity.valid_until is None or day <= validity.valid_until)


@rule("E27", version=1)
def not_genuine(facts: Facts, limits: Limits) -> Iterator[Hit]:
    """E27: an answer given too fast, or the same everywhere, is looked at."""
    for sign in facts.survey.signs if facts.survey else ():
        yield weak(sign, answer=sign)
