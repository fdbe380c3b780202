"""The people of the demo: the agency's staff, and how anybody gets an account; one shared password for all."""

from dataclasses import dataclass, field, replace
from hashlib import sha256
from random import Random
from uuid import UUID

from marketplace.accounts import queries
from marketplace.accounts import service as accounts
from marketplace.core.actors import Actor, Role
from marketplace.demo import words

PASSWORD = "seven otters cross the river"  # noqa: S105  printed on purpose, in demo mode alone
# Whom the tour plays: a company and a consulting firm to which nothing has happened yet.
TOUR_COMPANY, TOUR_FIRM = "company.example", "firm.example"

# Who works for the agency: as many of each role as the four-eyes rules need, two that stand alone.
STAFF = (
    ("programme", Role.PROGRAMME_OFFICER, 2),
    ("budget", Role.BUDGET_OFFICER, 3),
    ("ethics", Role.ETHICS_OFFICER, 3),
    ("evaluator", Role.EVALUATOR, 2),
    ("admin", Role.ADMINISTRATOR, 2),
    ("auditor", Role.AUDITOR, 1),
)


@dataclass
class Cast:
    """Names not yet given away, and the agency's people by role."""

    chance: Random
    names: list[str] = field(init=False)
    staff: dict[Role, list[Actor]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = words.person_names(self.chance)

    def name(self) -> str:
        """A name; when all are given away they come round again, as namesakes do."""
        name = self.names.pop(0)
        self.names.append(name)
        return name

    def hire(self) -> None:
        """Open the accounts of the agency's people."""
        for word, role, count in STAFF:
            for number in range(1, count + 1):
                email = f"{word}{number}@agency.example"
                person = accounts.create_staff(email, self.name(), role, PASSWORD, locale="ko")
                self.staff.setdefault(role, []).append(acting(person.id, role))

    def one(self, role: Role, number: int = 0) -> Actor:
        """One of the agency's people with this role."""
        people = self.staff[role]
        return people[number % len(people)]


def acting(person_id: UUID, role: Role) -> Actor:
    """The person in this role, on a device and at an address of their own."""
    membership = next(known for known in queries.memberships_of(person_id) if known.role == role.value)
    actor = queries.find_actor(person_id, membership.id)
    assert actor is not None
    mark = sha256(str(actor.organisation_id).encode() + str(person_id).encode()).hexdigest()
    return replace(actor, device_hash=mark, address_hash=sha256(str(actor.organisation_id).encode()).hexdigest())


def sign_up(email: str, name: str, *, locale: str = "ko") -> Actor:
    """Open and confirm an account; the person acts for nobody yet."""
    secret = accounts.register_person(email, name, PASSWORD, locale=locale)
    assert secret is not None
    person = accounts.confirm_email(secret, password=PASSWORD)
    return Actor(person.id, Role.VISITOR, name=name)


def join(email: str, name: str, role: Role, *, host: Actor, locale: str = "ko") -> Actor:
    """Be invited to the host's organisation and accept."""
    secret = accounts.invite(email, actor=host, role=role, locale=locale)
    person = accounts.accept_invitation_as_new(secret, name=name, password=PASSWORD, locale=locale)
    return acting(person.id, role)
