"""The sealed list works through to the same bytes for anybody, and no change to it passes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.vouchers import sealed_list
from marketplace.vouchers.allocation import Line, Ticket, allocate, in_order, list_hash, lot, score, seed_hash

SEED = "5" * 64
SCORING = {
    "code": "scoring-test",
    "criteria": [{"code": "need", "max": 10, "weight": 60}, {"code": "effect", "max": 5, "weight": 40}],
    "certificates": [{"code": "venture", "points": 5}],
}
LINE = {"id": str(UUID(int=1)), "funder": "central", "weight": 6000, "available": 30}


def document(method: str = "lottery", count: int = 8, **facts: Any) -> dict[str, Any]:
    """A list of so many tickets on a budget for three, its results worked out."""
    handed_in = [[number, f"APP-2026-{number:06d}"] for number in range(1, count + 1)]
    tickets = [
        {
            "ticket": number,
            "number": name,
            "refusal": "not_eligible" if number == 2 else None,
            "undertaking": 1 if number in (3, 4) else number,
            "promised": 0,
            "stratum": "seoul" if number % 2 else "busan",
            "points": {
                "scorers": [{"need": number % 11, "effect": number % 6}, {"need": number % 7, "effect": 3}],
                "certificates": ["venture"] if number == 5 else [],
            },
        }
        for number, name in handed_in
    ]
    made = {
        "format": sealed_list.FORMAT, "call": "CALL-2026-000001", "method": method, "currency": "KRW", "amount": 10,
        "cap": 15, "quota_by": "region", "quotas": {"busan": 1} if method == "hybrid" else {}, "scoring": SCORING,
        "seed_hash": seed_hash(SEED), "seed": SEED, "list_hash": list_hash((n, name) for n, name in handed_in),
        "handed_in": handed_in, "lines": [dict(LINE)], "tickets": tickets, "results": [], **facts,
    }  # fmt: skip
    made["results"] = json.loads(sealed_list.replay(sealed_list.canonical(made)).results)
    return made


METHODS = ["first_come", "lottery", "scored", "hybrid"]


@pytest.mark.parametrize("method", METHODS)
def test_a_sound_list_comes_out_byte_for_byte(method: str) -> None:
    content = sealed_list.canonical(document(method))
    verdict = sealed_list.replay(content)
    assert (verdict.faults, verdict.answers) == ([], 8)
    assert verdict.results == sealed_list.canonical(json.loads(content)["results"])
    outcomes = Counter(load["outcome"] for load in json.loads(verdict.results))
    assert outcomes["allocated"] == 3


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "tamper",
    [
        lambda made: made["results"][0].update(outcome="allocated", reason=None, position=None, parts={LINE["id"]: 11}),
        lambda made: made["results"].pop(),
        lambda made: made["results"].append(made["results"][0]),
        lambda made: made["results"].reverse(),
        lambda made: made["handed_in"].pop(),
        lambda made: made["handed_in"].append([9, "APP-2026-000009"]),
        lambda made: made["handed_in"][0].__setitem__(1, "APP-2026-000099"),
        lambda made: made["tickets"].append(made["tickets"][0]),
        lambda made: made["tickets"][7].update(number="APP-2026-000099"),
        lambda made: made["tickets"][1].update(refusal=None),
        lambda made: made["lines"][0].update(available=40),
        lambda made: made.update(amount=9),
        lambda made: made.update(list_hash="0" * 64),
    ],
)
def test_a_tampered_list_is_found(method: str, tamper: Any) -> None:
    made = document(method)
    tamper(made)
    assert sealed_list.replay(sealed_list.canonical(made)).faults


@pytest.mark.parametrize("method", ["lottery", "scored", "hybrid"])
def test_another_seed_is_found(method: str) -> None:
    assert sealed_list.replay(sealed_list.canonical(document(method) | {"seed": "6" * 64})).faults


def test_a_file_written_otherwise_is_found_and_nonsense_is_refused() -> None:
    made = document()
    assert sealed_list.replay(json.dumps(made).encode()).faults
    for nonsense in (b"", b"[]", b"{}", b"\xff", sealed_list.canonical(made | {"lines": [{}]})):
        with pytest.raises(ValueError, match="not a sealed list"):
            sealed_list.replay(nonsense)


@pytest.mark.costly("starts the command, which imports the whole product")
def test_replay_needs_no_database_and_no_settings(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    file.write_bytes(sealed_list.canonical(document()))
    program = Path(sys.executable).with_name("marketplace")
    run = [str(program), "allocation", "replay", str(file)]
    done = subprocess.run(run, env={"DATABASE_URL": "postgresql+psycopg://nobody@/nothing?host=/nowhere"}, cwd=tmp_path,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "8 tickets replayed, 0 faults" in done.stdout


def test_a_lot_is_what_the_page_says() -> None:
    # printf '%s' "$SEED$LIST_HASH$NUMBER" | sha256sum
    sealed = list_hash([(2, "APP-2026-000002"), (1, "APP-2026-000001")])
    assert sealed == sha256(b"1 APP-2026-000001\n2 APP-2026-000002\n").hexdigest()
    assert seed_hash(SEED) == sha256(b"5" * 64).hexdigest()
    assert lot(SEED, sealed, "APP-2026-000001") == sha256(f"{SEED}{sealed}APP-2026-000001".encode()).hexdigest()


def test_points_count_by_weight_and_certificates_add_theirs() -> None:
    points = {"scorers": [{"need": 10, "effect": 5}, {"need": 5, "effect": 0}], "certificates": ["venture"]}
    # First scorer 60 + 40, second 30 + 0; their mean is 65, and the certificate adds 5.
    assert score(points, SCORING) == 70
    assert score({"scorers": [], "certificates": []}, SCORING) == 0


def tickets(count: int, **facts: Any) -> list[Ticket]:
    return [Ticket(UUID(int=n), n, name=f"APP-2026-{n:06d}", **facts) for n in range(1, count + 1)]


def test_every_ticket_is_as_likely_to_come_first() -> None:
    """Ten tickets, 4,000 seeds: chi-squared with 9 degrees of freedom stays under its 0.999 quantile, 27.9."""
    sealed = list_hash((n, f"APP-2026-{n:06d}") for n in range(1, 11))
    firsts = Counter(
        in_order(tickets(10), "lottery", seed=f"{seed:064x}", sealed=sealed)[0].number for seed in range(4000)
    )
    assert sum((firsts[n] - 400) ** 2 / 400 for n in range(1, 11)) < 27.9


@given(seed=st.integers(0, 2**256 - 1), count=st.integers(0, 40), shuffled=st.randoms())
def test_a_draw_is_an_order_of_all_tickets_and_of_nothing_else(seed: int, count: int, shuffled: Any) -> None:
    everyone = tickets(count)
    sealed = list_hash((ticket.number, ticket.name) for ticket in everyone)
    drawn = in_order(everyone, "lottery", seed=f"{seed:064x}", sealed=sealed)
    assert sorted(drawn, key=lambda ticket: ticket.number) == everyone
    shuffled.shuffle(everyone)
    assert in_order(everyone, "lottery", seed=f"{seed:064x}", sealed=sealed) == drawn


strata = st.lists(st.sampled_from(["seoul", "busan", "jeju"]), max_size=40)
quotas = st.dictionaries(st.sampled_from(["seoul", "busan", "jeju"]), st.integers(0, 10))


@given(strata=strata, quotas=quotas, vouchers=st.integers(0, 45), refused=st.sets(st.integers(1, 40)))
def test_a_quota_is_kept_for_its_stratum_and_the_pool_takes_the_rest(
    strata: list[str], quotas: dict[str, int], vouchers: int, refused: set[int]
) -> None:
    queue = [
        Ticket(UUID(int=n), n, "not_eligible" if n in refused else None, stratum=stratum)
        for n, stratum in enumerate(strata, start=1)
    ]
    lines = [Line(UUID(int=1), 1, vouchers * 10)]
    answers = allocate(lines, queue, amount=10, quotas=quotas)
    able = Counter(ticket.stratum for ticket in queue if ticket.refusal is None)
    won = Counter(
        ticket.stratum for ticket, answer in zip(queue, answers, strict=True) if answer.outcome == "allocated"
    )
    assert sum(won.values()) == min(vouchers, sum(able.values()))
    if sum(quotas.values()) <= vouchers:
        assert all(won[stratum] >= min(quota, able[stratum]) for stratum, quota in quotas.items())
        # Beyond its quota a stratum has only what the pool of unreserved and unused vouchers gives.
        pool = vouchers - sum(min(quota, able[stratum]) for stratum, quota in quotas.items())
        assert sum(max(0, won[stratum] - quotas.get(stratum, 0)) for stratum in won) <= pool
    positions = [answer.position for answer in answers if answer.outcome == "waitlisted"]
    assert positions == list(range(1, len(positions) + 1))
    assert allocate(lines, queue, amount=10, quotas=quotas) == answers
