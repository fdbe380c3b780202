"""Who may do what in which file: commits, clocks, the environment, the web."""

import re

from tests.architecture.source import ROOT, area_of, calls, imports, trees

COMMITTERS = {"marketplace/core/db.py", "marketplace/core/web.py"}
WEB_MODULES = ("views", "forms", "commands")
WEB = ("flask", "flask_login", "flask_wtf", "wtforms", "celery")
WALL_CLOCKS = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time")

FIXED_NAMES = {"__init__", "states", "events", "models", "rules", "queries", "service", "forms", "views", "commands"}
ENGINES = {
    "accounts": {
        "acts",
        "business_number",
        "exported",
        "invitations",
        "korean_keys",
        "limits",
        "passwords",
        "search",
        "trail",
    },
    "certificates": {"issuer_lists", "kinds"},
    "verification": {"registers", "terms"},
    "claims": {
        "bank",
        "bank_files",
        "camt",
        "camt_details",
        "deadlines",
        "movements",
        "pain001",
        "repetitions",
        "risk",
    },
    "engagements": {"similarity", "text_extraction"},
    "ethics": {"collection", "flows", "labels", "papers"},
    "evaluations": {"grading", "rubric"},
    "jobs": {"diagnosis", "scoring"},
    "ledger": {"chart"},
    "matching": {"ranking"},
    "notifications": {"post", "rendering"},
    "programmes": {"eligibility", "forecast", "notice", "scoring", "standards", "terms"},
    "providers": {"ethics_code", "training"},
    "receivables": {"document", "schedule"},
    "reports": {
        "checklist",
        "company_work",
        "counts",
        "flows",
        "labels",
        "menu",
        "metrics",
        "money",
        "progress",
        "proof",
        "work",
    },
    "surveys": {"instruments", "scoring"},
    "vouchers": {"allocation", "caps", "document", "reminders", "scoring", "sealed_list", "sharing", "waiting_room"},
}
"""Modules named for their own subject; a new one is listed here on purpose."""


def test_commits_happen_at_the_edges_alone() -> None:
    offenders = [
        f"{path}:{line}"
        for path, tree in trees().items()
        for name, line in calls(tree)
        if name.endswith(".commit") and path not in COMMITTERS
    ]
    assert not offenders


def test_only_the_business_clock_reads_the_wall_clock() -> None:
    offenders = [
        f"{path}:{line}"
        for path, tree in trees().items()
        for name, line in calls(tree)
        if name.endswith(WALL_CLOCKS) and path != "marketplace/core/clock.py"
    ]
    assert not offenders


def test_locks_leave_foreign_keys_alone() -> None:
    """A lock is held as `key_share`, or for reading only (decision record 26)."""
    offenders = [
        f"{path}:{number}"
        for path in trees()
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1)
        if re.search(r"with_for_update\(|with_for_update=(?!held)", line) and not re.search("key_share|read=True", line)
    ]
    assert not offenders


def test_only_the_settings_read_the_environment() -> None:
    offenders = [
        path
        for path in trees()
        if path != "config/settings.py"
        and any(word in (ROOT / path).read_text() for word in ("os.environ", "os.getenv"))
    ]
    assert not offenders


def test_business_code_knows_no_web() -> None:
    """Engines too, which the import contract can't name."""
    offenders = [
        f"{path}:{line} {name}"
        for path, tree in trees().items()
        if area_of(path) not in ("", "core") and path.split("/")[2].removesuffix(".py") not in WEB_MODULES
        for name, line in imports(tree)
        if name.split(".")[0] in WEB
    ]
    assert not offenders


def test_no_area_uses_another_areas_pages() -> None:
    offenders = [
        f"{path}:{line} {name}"
        for path, tree in trees().items()
        for name, line in imports(tree)
        if len(parts := name.split(".")) > 2
        and parts[0] == "marketplace"
        and parts[2] in ("views", "forms")
        and parts[1] not in ("core", area_of(path))
        and path != "app.py"
    ]
    assert not offenders


def test_rooms_have_their_fixed_names() -> None:
    offenders = [
        path
        for path in trees()
        if (area := area_of(path)) not in ("", "core", "demo")
        and path.split("/")[2].removesuffix(".py") not in FIXED_NAMES | ENGINES.get(area, set())
    ]
    assert not offenders


def test_no_room_without_a_subject() -> None:
    vague = {"common", "helpers", "utils", "util", "misc", "base"}
    assert not [path for path in trees() if vague & set(path.removesuffix(".py").split("/"))]


def test_ethics_reads_no_other_areas_tables() -> None:
    """What it checks it gets from each area's queries, so a table may change without a rule missing it."""
    offenders = [
        f"{path}:{line} {name}"
        for path, tree in trees().items()
        if area_of(path) == "ethics"
        for name, line in imports(tree)
        if name.startswith("marketplace.") and ".models" in name and not name.startswith("marketplace.ethics.")
    ]
    assert not offenders
