"""Each ethics rule with a hit and a near miss, on plain facts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unicodedata import normalize

import pytest

from marketplace.ethics.rules import book
from marketplace.ethics.rules.facts import (
    Act,
    Aid,
    CoPayment,
    Facts,
    File,
    Flow,
    Party,
    Requirement,
    Session,
    Survey,
    Trace,
    Validity,
)

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
SME = Party(
    "sme", name="가온정밀", business_number="123-45-67891", representative="김하늘",
    bank_accounts=frozenset({"110-222-333"}), phones=frozenset({"02-123-4567"}),
    emails=frozenset({"a@gaon.example"}), addresses=frozenset({"서울 1로 2"}),
)  # fmt: skip
PROVIDER = Party("provider", name="나루컨설팅", business_number="2223344441", representative="이바다")
CONSULTANT = Party("consultant", name="박노을", people=frozenset({"p1"}))
NAMED = Validity("p1", "named", date(2026, 1, 1), None)
CLEAN = Facts("E", NOON, SME, PROVIDER, consultants=(CONSULTANT,), named=(NAMED,))
EDITION = book.current(date(2026, 6, 15))


def hits(**changes: Any) -> list[tuple[str, str, str]]:
    """Every hit on the clean engagement with these changes: rule, finding, strength."""
    findings = book.run(replace(CLEAN, **changes), EDITION)
    return [(finding.entry.id, finding.hit.reason, finding.hit.strength) for finding in findings]


def session(person: str, start: datetime, hours: float, reference: str = "s1", **more: Any) -> Session:
    end = start + timedelta(hours=hours)
    return Session(reference, person, start, end, more.get("confirmed_at", end))


def test_a_clean_engagement_raises_nothing() -> None:
    assert hits() == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"business_number": "1234567891"}, ("E01", "same_business_number", "strong")),
        ({"business_number": "１２３\u201145\u201367891"}, ("E01", "same_business_number", "strong")),
        ({"representative": "김 하늘"}, ("E01", "same_representative", "strong")),
        ({"representative": normalize("NFD", "김\u3164하\u00ad늘")}, ("E01", "same_representative", "strong")),
        ({"bank_accounts": frozenset({"110222333"})}, ("E01", "same_bank_account", "strong")),
        ({"phones": frozenset({"+82 2 123 4567"})}, ("E01", "same_phone", "weak")),
        ({"emails": frozenset({"b@GAON.example"})}, ("E01", "same_email_domain", "weak")),
        ({"phones": frozenset({"（０２）１２３\u2013４５６７"})}, ("E01", "same_phone", "weak")),
        ({"addresses": frozenset({"서울 1로  2"})}, ("E01", "same_address", "weak")),
        ({"addresses": frozenset({normalize("NFD", "서울\u200b １로\u30002")})}, ("E01", "same_address", "weak")),
    ],
)
def test_e01_same_people(change: dict[str, Any], expected: tuple[str, str, str]) -> None:
    assert hits(provider=replace(PROVIDER, **change)) == [expected]


def test_e01_a_person_on_both_sides_is_the_same_people() -> None:
    assert hits(sme=replace(SME, people=frozenset({"p1"}))) == [("E01", "same_person", "strong")]


def test_e01_telephone_numbers_of_two_areas_are_two() -> None:
    """Their last seven or eight digits are the same."""
    sme = replace(SME, phones=frozenset({"051-123-4567", "010-5123-4567"}))
    assert hits(sme=sme, provider=replace(PROVIDER, phones=frozenset({"031-123-4567", "02-5123-4567"}))) == []


def test_e01_free_mail_and_empty_values_never_meet() -> None:
    sme = replace(SME, emails=frozenset({"a@naver.com"}), phones=frozenset({""}), representative="")
    provider = replace(PROVIDER, emails=frozenset({"b@naver.com"}), phones=frozenset({""}), representative="")
    assert hits(sme=sme, provider=provider) == []


def act(**changes: Any) -> Act:
    return replace(Act("claim", "ann", "bob", NOON, NOON + timedelta(hours=1), "d1", "d2"), **changes)


def test_e03_the_same_person_is_strong_the_same_device_within_a_day_is_weak() -> None:
    assert hits(acts=(act(checker="ann"),)) == [("E03", "same_person", "strong")]
    assert hits(acts=(act(checker_device="d1"),)) == [("E03", "same_device", "weak")]


def test_e03_another_device_or_a_day_later_is_nothing() -> None:
    assert hits(acts=(act(),)) == []
    assert hits(acts=(act(checker_device="d1", checked_at=NOON + timedelta(hours=24)),)) == []
    assert hits(acts=(act(maker_device="", checker_device=""),)) == []


def test_e05_aid_above_the_ceiling_within_the_window() -> None:
    old, new = Aid("v1", 60, date(2024, 1, 10)), Aid("v2", 41, date(2026, 6, 1))
    assert hits(aid=(old, new), aid_ceiling=100) == [("E05", "above_ceiling", "strong")]
    assert hits(aid=(old, replace(new, amount=40)), aid_ceiling=100) == []
    assert hits(aid=(replace(old, granted_on=date(2023, 6, 1)), new), aid_ceiling=100) == []
    assert hits(aid=(old, new)) == []
    assert hits(aid=(old, new), aid_ceiling=100, aid_window_months=24) == []


def test_e06_two_active_vouchers_only_where_one_is_allowed() -> None:
    assert hits(active_vouchers=("v1", "v2"), one_active_voucher=True) == [("E06", "several_vouchers", "strong")]
    assert hits(active_vouchers=("v1",), one_active_voucher=True) == []
    assert hits(active_vouchers=("v1", "v2")) == []


def test_e07_overlap_with_any_session_of_the_same_person() -> None:
    own = session("p1", NOON, 2)
    later = session("p1", NOON + timedelta(hours=1), 2, "s2")
    assert hits(sessions=(own,), other_sessions=(later,)) == [("E07", "overlap", "strong")]
    assert hits(sessions=(own,), other_sessions=(replace(later, person="p2"),)) == []
    touching = session("p1", NOON + timedelta(hours=2), 2, "s2")
    assert hits(sessions=(own,), other_sessions=(touching,)) == []


def test_e07_leaves_two_foreign_sessions_to_their_own_engagements() -> None:
    foreign = (session("p1", NOON, 2, "s2"), session("p1", NOON, 2, "s3"))
    assert hits(other_sessions=foreign) == []


def test_e09_a_stranger_in_the_log_and_the_smes_word() -> None:
    assert hits(sessions=(session("p2", NOON, 1),)) == [("E09", "not_named", "strong")]
    assert hits(sessions=(session("p1", NOON, 1),)) == []
    ended = replace(NAMED, valid_until=date(2026, 6, 14))
    assert hits(sessions=(session("p1", NOON, 1),), named=(ended,)) == [("E09", "not_named", "strong")]
    assert hits(survey=Survey({"named_consultant": "never"})) == [("E09", "survey_says_other", "weak")]
    assert hits(survey=Survey({"named_consultant": "always"})) == []


def test_e10_two_sessions_unconfirmed_after_two_days() -> None:
    open_sessions = tuple(
        session("p1", NOON - timedelta(days=3 + day), 1, f"s{day}", confirmed_at=None) for day in range(2)
    )
    assert hits(sessions=open_sessions) == [("E10", "unconfirmed", "strong")]
    assert hits(sessions=open_sessions[:1]) == []
    fresh = tuple(replace(open_session, ends_at=NOON - timedelta(hours=48)) for open_session in open_sessions)
    assert ("E10", "unconfirmed", "strong") not in hits(sessions=fresh)


def test_e10_the_sme_counts_fewer() -> None:
    three = tuple(session("p1", NOON - timedelta(days=day), 1, f"s{day}") for day in range(3))
    assert hits(sessions=three, survey=Survey({"sessions_held": 1})) == [("E10", "survey_counts_fewer", "weak")]
    assert hits(sessions=three, survey=Survey({"sessions_held": 2})) == []


def paid(**changes: Any) -> dict[str, Any]:
    payment = replace(CoPayment("c1", "가온정밀", "110-222-333", NOON), **changes)
    return {"share_due": 100, "share_due_at": NOON, "co_payments": (payment,)}


def test_e17_the_sme_pays_its_own_share_in_time() -> None:
    assert hits(**paid()) == []
    assert hits(**paid(payer="김하늘")) == []
    assert hits(**paid(payer="나루 컨설팅")) == [("E17", "paid_by_them", "strong")]
    assert hits(**paid(payer="박노을")) == [("E17", "paid_by_them", "strong")]
    assert hits(**paid(payer="누군가")) == [("E17", "another_payer", "weak")]
    assert hits(**paid(payer="(주)가온정밀")) == []
    assert hits(**paid(holder="나루컨설팅 주식회사")) == [("E17", "paid_by_them", "strong")]
    provider = replace(PROVIDER, bank_accounts=frozenset({"999-1"}))
    assert hits(provider=provider, **paid(account="9991")) == [("E17", "paid_from_their_account", "strong")]


def test_e17_late_missing_and_the_smes_word() -> None:
    assert hits(**paid(received_at=NOON)) == []
    assert hits(**paid(received_at=NOON + timedelta(seconds=1))) == [("E17", "paid_late", "strong")]
    missing = {"share_due": 100, "share_due_at": NOON - timedelta(days=15)}
    assert hits(**missing) == [("E17", "not_paid", "strong")]
    assert hits(**{**missing, "share_due": 0}) == []
    assert hits(survey=Survey({"share_paid_by": "provider"})) == [("E17", "survey_says_other", "weak")]
    assert hits(survey=Survey({"share_paid_by": "unknown"})) == []


def test_e18_something_given_back() -> None:
    assert hits(survey=Survey({"offered_back": "goods"})) == [("E18", "survey_says_given", "strong")]
    assert hits(survey=Survey({"offered_back": "no"})) == []


def test_e18_money_between_the_sides_after_the_provider_was_paid() -> None:
    paid_on = date(2026, 6, 1)
    flow = Flow("COP-2026-000002", "999-1", "sme", "in", paid_on + timedelta(days=90))
    sides = {
        "provider": replace(PROVIDER, bank_accounts=frozenset({"9991"})),
        "share_accounts": frozenset({"55-5", "999-1"}),
        "paid_on": (paid_on,),
    }
    assert hits(**sides, flows=(flow,)) == [("E18", "provider_pays_for_company", "strong")]
    assert hits(**sides, flows=(replace(flow, day=paid_on + timedelta(days=91)),)) == []
    assert hits(**sides, flows=(replace(flow, day=paid_on - timedelta(days=1)),)) == []
    assert hits(**sides, flows=(replace(flow, account="55-5"),)) == []
    assert hits(**{**sides, "paid_on": ()}, flows=(flow,)) == []
    debt = replace(flow, reference="RCV-2026-000001", side="provider", account="555")
    assert hits(**sides, flows=(debt,)) == [("E18", "company_pays_for_provider", "strong")]
    assert hits(**sides, flows=(replace(debt, account="9991"),)) == []


def test_e18_money_under_the_other_sides_name_is_a_weaker_sign() -> None:
    paid_on = date(2026, 6, 1)
    provider = replace(PROVIDER, name="주식회사 한빛컨설팅", bank_accounts=frozenset({"9991"}))
    flow = Flow("COP-2026-000002", "777", "sme", "in", paid_on, "한빛 컨설팅(주)")
    sides = {"provider": provider, "sme": replace(SME, name="가온정밀"), "paid_on": (paid_on,)}
    assert hits(**sides, flows=(flow,)) == [("E18", "provider_name_for_company", "weak")]
    assert hits(**sides, flows=(replace(flow, account="999-1"),)) == [("E18", "provider_pays_for_company", "strong")]
    assert hits(**sides, flows=(replace(flow, payer="다른컨설팅"),)) == []
    assert hits(**sides, flows=(replace(flow, day=paid_on - timedelta(days=1)),)) == []
    assert hits(**{**sides, "sme": replace(SME, name="한빛컨설팅")}, flows=(flow,)) == []
    debt = replace(flow, reference="RCV-2026-000001", side="provider", payer="가온정밀㈜")
    assert hits(**sides, flows=(debt,)) == [("E18", "company_name_for_provider", "weak")]


def test_e18_the_engagements_own_share_is_e17s_question() -> None:
    payment = CoPayment("COP-2026-000001", "가온정밀", "999-1", NOON)
    own = Flow("COP-2026-000001", "999-1", "sme", "in", date(2026, 6, 15))
    provider = replace(PROVIDER, bank_accounts=frozenset({"9991"}))
    expected = [("E17", "paid_from_their_account", "strong")]
    assert hits(provider=provider, co_payments=(payment,), flows=(own,), paid_on=(date(2026, 6, 15),)) == expected


def test_e18_a_refund_to_the_providers_account_counts_on_any_day() -> None:
    flow = Flow("REF-2026-000001", "9991", "sme", "out", date(2026, 6, 15))
    provider = replace(PROVIDER, bank_accounts=frozenset({"9991"}))
    assert hits(provider=provider, flows=(flow,)) == [("E18", "refund_to_them", "strong")]
    assert hits(flows=(flow,)) == []


def test_e19_the_providers_device_is_strong_its_address_weak() -> None:
    theirs = Trace("provider", "bid", "d1", "a1", NOON)
    assert hits(traces=(theirs, Trace("sme", "accept", "d1", "a9", NOON))) == [("E19", "same_device", "strong")]
    assert hits(traces=(theirs, Trace("sme", "accept", "d2", "a1", NOON))) == [("E19", "same_network", "weak")]
    assert hits(traces=(theirs, Trace("sme", "accept", "d2", "a2", NOON))) == []
    assert hits(traces=(Trace("provider", "bid", "", "", NOON), Trace("sme", "accept", "", "", NOON))) == []


def test_e19_and_e03_say_each_thing_once() -> None:
    theirs = Trace("provider", "bid", "d1", "a1", NOON)
    many = [Trace("sme", f"act {number}", "d1", "a1", NOON) for number in range(9)]
    assert hits(traces=(theirs, *many)) == [("E19", "same_device", "strong")]
    elsewhere = [replace(finding, device="d2") for finding in many]
    assert hits(traces=(theirs, *elsewhere)) == [("E19", "same_network", "weak")]
    assert hits(acts=(act(checker="ann"),) * 9) == [("E03", "same_person", "strong")]


def test_e19_one_clean_act_does_not_hide_a_bad_one_of_the_same_name() -> None:
    theirs = Trace("provider", "bid", "d1", "a1", NOON)
    bad, clean = Trace("sme", "accept", "d1", "a9", NOON), Trace("sme", "accept", "d2", "a2", NOON)
    assert hits(traces=(theirs, bad, clean)) == [("E19", "same_device", "strong")]


def test_e23_the_same_file_or_the_same_text() -> None:
    own, other = File("d1", "f1", "t1", 500), File("d2", "f2", "t1", 500)
    assert hits(files=(own,), other_files=(replace(other, file_hash="f1"),)) == [("E23", "same_file", "strong")]
    assert hits(files=(own,), other_files=(other,)) == [("E23", "same_text", "strong")]
    assert hits(files=(replace(own, characters=199),), other_files=(other,)) == []
    assert hits(files=(own,), other_files=(replace(other, text_hash="t2"),)) == []
    assert hits(files=(replace(own, text_hash=""),), other_files=(replace(other, text_hash=""),)) == []


def test_e24_an_account_changed_around_a_claim() -> None:
    claims = ((NOON, NOON + timedelta(days=5)),)
    expected = [("E24", "changed_before_payment", "strong")]
    assert hits(claims_open=claims, account_changed_at=(NOON - timedelta(days=13),)) == expected
    assert hits(claims_open=claims, account_changed_at=(NOON + timedelta(days=3),)) == expected
    assert hits(claims_open=claims, account_changed_at=(NOON - timedelta(days=14),)) == []
    assert hits(claims_open=claims, account_changed_at=(NOON + timedelta(days=6),)) == []


def test_e25_papers_valid_on_award_and_session_days() -> None:
    required = {"required": (Requirement("p1", "pledge", date(2026, 6, 1)),)}
    good = Validity("p1", "pledge", date(2026, 1, 1), date(2026, 12, 31))
    assert hits(**required, validities=(good,)) == []
    assert hits(**required) == [("E25", "not_valid", "strong")]
    late = replace(good, valid_from=date(2026, 6, 8))
    assert hits(**required, validities=(late,)) == [("E25", "not_valid", "weak")]
    too_late = replace(good, valid_from=date(2026, 6, 9))
    assert hits(**required, validities=(too_late,)) == [("E25", "not_valid", "strong")]
    lapsed = replace(good, valid_until=date(2026, 6, 14))
    sessions = (session("p1", NOON, 1),)
    assert hits(**required, validities=(lapsed,), sessions=sessions) == [("E25", "not_valid", "strong")]


def test_e27_signs_of_a_careless_answer() -> None:
    assert hits(survey=Survey({}, ("fast",))) == [("E27", "fast", "weak")]
    assert hits(survey=Survey({}, ())) == []


def test_every_rule_of_the_edition_has_a_test_here() -> None:
    tested = {name.split("_")[1].upper() for name in globals() if name.startswith("test_e") and name[6:8].isdigit()}
    assert tested == set(EDITION.rules)
