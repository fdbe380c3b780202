"""What happens in the demo, as data: calls with their dates, and how far each voucher's story goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from marketplace.core.i18n import Text
from marketplace.demo.story import Plan
from marketplace.programmes.states import AllocationMethod, Stratum
from marketplace.programmes.terms import Method


@dataclass(frozen=True)
class Scale:
    """How large the demo is."""

    companies: int = 62
    firms: int = 24
    firms_of_old: int = 8
    """Firms that are there from the beginning; the others come for this season."""
    firms_waiting: int = 2
    """Firms whose registration still waits for an officer."""
    first_pay_day: float = 640
    small: bool = False


SMALL = Scale(companies=38, firms=16, firms_of_old=0, firms_waiting=1, first_pay_day=120, small=True)


FIRST_COME, LOTTERY, SCORED = Method(), Method(AllocationMethod.LOTTERY), Method(AllocationMethod.SCORED)
QUOTAS = Method(AllocationMethod.HYBRID, Stratum.BAND)


@dataclass(frozen=True)
class Offer:
    """One call: days before today at which it opens and closes (after today: negative), its money and applicants."""

    programme: str
    title: Text
    opens: float
    closes: float
    vouchers: int
    companies: tuple[int, int] = (0, 0)
    pace: float = 4
    """Hours between two applications."""
    plans: Sequence[Plan] = ()
    until: Mapping[int, str] = field(default_factory=dict)
    """Applications that stop early, by position."""
    published: bool = True
    method: Method = FIRST_COME
    quotas: Mapping[str, int] = field(default_factory=dict)
    wound_down: float | None = None
    """Days before today on which the call is wound down."""


# A hold may stand for two weeks; whoever is held claims on afterwards.
HELD = {"survey_firm": 35.0}

# A claim that an officer checks before the system approves it by itself.
CHECKED = {"claim": 3, "survey": 2.8, "survey_firm": 2.6, "check": 2}

# What happens once: a voucher that runs on, is given back, or ends early; money that is astray; debts. Work ends early
# twice: the share of the first company is paid back, that of the second one waits.
SINGLE = [
    Plan("extend", 12),
    Plan("give_back", 3),
    Plan("approve", 70, twist="ended"),
    Plan("end", 60, twist="ended", at={"end": 1}),
    Plan("share", 34, twist="no_reference"),
    Plan(
        "keep_back",
        148,
        twist="debt",
        at={"ask_back": 60, "claim:2": 12, "check:2": 9, "approve:2": 6, "keep_back": 5.5},
    ),
]
# The pilot that is wound down: one voucher at work, one kept.
PILOT = [Plan("session:1", 58), Plan("")]

# The past season: every story is over.
FINISHED = [
    Plan("appeal_decided", twist="borrowed_device", case="dismissed", wait=HELD),
    Plan("grade", twist="copies", case="violation", wait=HELD),
    Plan("draft"),
    Plan(""),
]

# This season: one story or more at every point. `begin` is counted back from today so that weekends fit in.
UNDER_WAY = [
    Plan("grade", 118, twist="pays_back"),
    Plan("evaluate", 112),
    Plan("declare_evaluator", 108),
    Plan("approve", 98, twist="cut", at={"check": 9, "approve": 6}),
    Plan("check", 92, at=CHECKED),
    Plan("survey_firm", 100, twist="provider_pays"),
    Plan("claim", 116, at={"claim": 26}),
    Plan("correction:2", 66, twist="correction"),
    Plan("redeem", 32),
    Plan("sign_sme", 32),
    Plan("bids", 24),
    Plan("bids", 16, wait={"open": 16}),
    *SINGLE,
]
MORE_UNDER_WAY = [
    Plan("survey_firm", 96, twist="copies", case="open", at={"claim": 9}),
    Plan("survey_firm", 110, twist="stranger_pays", case="appealed"),
    Plan("return", 90, at={"claim": 8, "return": 7.5}),
    Plan("hand_in:1", 52),
    Plan("sign", 34),
    Plan("award", 28),
    Plan("draft", 9),
    Plan("question", 8, wait={"open": 14}),
    Plan(""),
]

# Work that succeeded: its company gives a share of the aid back. In the past season a first instalment has been paid.
SUCCESS = [Plan("success", 149, at={"success": 30})]
REPAID = [Plan("success", at={"success": 440})]


def _title(korean: str, english: str) -> Text:
    return {"ko": f"중소기업 컨설팅 바우처 공고 ({korean})", "en": f"Call for consulting vouchers ({english})"}


# A visitor publishes it; it is open at once then, and for so long that nobody is hurried.
TOUR = Offer("coupon-consulting", _title("둘러보기", "the tour"), 1, -8, 10, published=False)


def calls(scale: Scale) -> Sequence[Offer]:
    """The calls, the oldest first."""
    if scale.small:
        return [
            Offer("technology-consulting", _title("기술혁신", "technology"), 170, 151, 1, (0, 1), 6, SUCCESS),
            Offer("coupon-consulting", _title("상반기", "first half"), 170, 150, 18, (0, 20), 6, UNDER_WAY),
            *_later_calls(20),
            Offer(
                "coupon-consulting", _title("하반기", "second half"), 10, -45, 2, (29, 34), 24,
                until={0: "draft"}, method=LOTTERY,
            ),
            TOUR,
        ]  # fmt: skip
    return [
        Offer("coupon-consulting", _title("지난 시즌", "past season"), 690, 664, 4, (0, 5), 10, FINISHED),
        Offer("technology-consulting", _title("지난 시즌 기술혁신", "past tech"), 680, 664, 1, (0, 1), 10, REPAID),
        Offer(
            "coupon-consulting", _title("상반기", "first half"), 175, 150, 27, (5, 35), 8, UNDER_WAY + MORE_UNDER_WAY
        ),
        *_later_calls(35),
        Offer(
            "coupon-consulting", _title("하반기", "second half"), 10, -45, 4, (47, 57), 14,
            until={3: "draft", 9: "draft"}, method=LOTTERY,
        ),
        TOUR,
        Offer("technology-consulting", _title("기술혁신", "technology"), -15, -45, 10, published=False),
    ]  # fmt: skip


def _later_calls(first: int) -> Sequence[Offer]:
    """Calls that are over and show a way of their own: nine companies from this one on."""
    return [
        Offer("coupon-consulting", _title("시범", "pilot"), 90, 80, 2, (first, first + 2), 6, PILOT, wound_down=9),
        Offer(
            "coupon-consulting", _title("규모별 추첨", "lottery by size"), 60, 45, 2, (first + 2, first + 6), 6,
            method=QUOTAS, quotas={"micro": 1, "small": 1},
        ),
        Offer(
            "coupon-consulting", _title("평가 선정", "by score"), 30, 2, 2, (first + 6, first + 9), 6, method=SCORED
        ),
    ]  # fmt: skip
