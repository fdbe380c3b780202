"""What the rules look at: the facts of one engagement as plain data, ours or anybody's published data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum

from marketplace.ethics.states import Strength


class Side(StrEnum):
    """Whose act it was, or whose money; a helper acts for the SME."""

    SME = "sme"
    PROVIDER = "provider"
    HELPER = "helper"


class Direction(StrEnum):
    """Whether money came to the agency's account or left it."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True)
class Party:
    """A firm or a person, as far as it can be recognised again."""

    reference: str
    name: str = ""
    business_number: str = ""
    representative: str = ""
    people: frozenset[str] = frozenset()
    bank_accounts: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Act:
    """Something one person made and another had to check."""

    name: str
    maker: str
    checker: str
    made_at: datetime
    checked_at: datetime
    maker_device: str = ""
    checker_device: str = ""


@dataclass(frozen=True)
class Aid:
    """Public money promised to the undertaking group, in minor units."""

    reference: str
    amount: int
    granted_on: date


@dataclass(frozen=True)
class Session:
    """One session of one person for one client."""

    reference: str
    person: str
    starts_at: datetime
    ends_at: datetime
    confirmed_at: datetime | None = None


@dataclass(frozen=True)
class File:
    """One deliverable's file and its text, by hash."""

    reference: str
    file_hash: str
    text_hash: str = ""
    characters: int = 0


@dataclass(frozen=True)
class CoPayment:
    """The SME's share arriving: who paid, who holds the account it came from."""

    reference: str
    payer: str
    account: str
    received_at: datetime
    holder: str = ""


@dataclass(frozen=True)
class Flow:
    """Money at the agency's account: whose matter it was, the account it came from or went to, and who paid it in."""

    reference: str
    account: str
    side: Side
    direction: Direction
    day: date
    payer: str = ""


@dataclass(frozen=True)
class Validity:
    """A right with its dates: training, code of ethics, registration, being named in the agreement."""

    holder: str
    kind: str
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True)
class Requirement:
    """What this holder must hold on the first day (award, or joining the work) and on every session day."""

    holder: str
    kind: str
    first_on: date


@dataclass(frozen=True)
class Trace:
    """One act as its device and network address show it."""

    side: Side
    act: str
    device: str
    address: str
    at: datetime


@dataclass(frozen=True)
class Survey:
    """The SME's answers to the fact questions, and the signs of the whole answer; no free text, no name."""

    facts: Mapping[str, str | int]
    signs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """One finished engagement. `other_…` are rows of other engagements that share a person or a hash with it."""

    engagement: str
    now: datetime
    sme: Party
    provider: Party
    zone: tzinfo = UTC
    consultants: tuple[Party, ...] = ()
    helpers: tuple[Party, ...] = ()
    acts: tuple[Act, ...] = ()
    aid: tuple[Aid, ...] = ()
    aid_ceiling: int | None = None
    aid_window_months: int | None = None
    one_active_voucher: bool = False
    active_vouchers: tuple[str, ...] = ()
    named: tuple[Validity, ...] = ()
    sessions: tuple[Session, ...] = ()
    other_sessions: tuple[Session, ...] = ()
    files: tuple[File, ...] = ()
    other_files: tuple[File, ...] = ()
    share_due: int = 0
    share_due_at: datetime | None = None
    co_payments: tuple[CoPayment, ...] = ()
    share_accounts: frozenset[str] = frozenset()
    flows: tuple[Flow, ...] = ()
    paid_on: tuple[date, ...] = ()
    account_changed_at: tuple[datetime, ...] = ()
    claims_open: tuple[tuple[datetime, datetime | None], ...] = ()
    required: tuple[Requirement, ...] = ()
    validities: tuple[Validity, ...] = ()
    traces: tuple[Trace, ...] = ()
    survey: Survey | None = None


@dataclass(frozen=True)
class Hit:
    """What one rule found: how strong, from which values, against which threshold, and where to look."""

    reason: str
    strength: Strength
    inputs: Mapping[str, str | int] = field(default_factory=dict)
    threshold: str = ""
    links: tuple[str, ...] = ()


def strong(reason: str, *, threshold: object = "", links: tuple[str, ...] = (), **inputs: str | int) -> Hit:
    """Return a hit that stands by itself."""
    return Hit(reason, Strength.STRONG, inputs, str(threshold), links)


def weak(reason: str, *, threshold: object = "", links: tuple[str, ...] = (), **inputs: str | int) -> Hit:
    """Return a hit that a person should look at."""
    return Hit(reason, Strength.WEAK, inputs, str(threshold), links)
