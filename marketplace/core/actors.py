"""Who acts: the roles of the product and the actor that every verb is given."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from marketplace.core.i18n import _


class Role(StrEnum):
    """What a person may do; a person acts in one role for one organisation at a time."""

    VISITOR = "visitor"
    SIGNATORY = "signatory"
    PREPARER = "preparer"
    HELPER = "helper"
    MANAGER = "manager"
    CONSULTANT = "consultant"
    PROGRAMME_OFFICER = "programme_officer"
    BUDGET_OFFICER = "budget_officer"
    EVALUATOR = "evaluator"
    ETHICS_OFFICER = "ethics_officer"
    ENQUIRY_SPECIALIST = "enquiry_specialist"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    SYSTEM = "system"


SME = frozenset({Role.SIGNATORY, Role.PREPARER, Role.HELPER})
PROVIDER = frozenset({Role.MANAGER, Role.CONSULTANT})
AGENCY = frozenset(
    {
        Role.PROGRAMME_OFFICER,
        Role.BUDGET_OFFICER,
        Role.EVALUATOR,
        Role.ETHICS_OFFICER,
        Role.ENQUIRY_SPECIALIST,
        Role.ADMINISTRATOR,
        Role.AUDITOR,
    }
)
EVERYONE = SME | PROVIDER | AGENCY

ROLE_LABELS = {
    Role.VISITOR: _("Visitor"),
    Role.SIGNATORY: _("Signatory"),
    Role.PREPARER: _("Preparer"),
    Role.HELPER: _("Helper"),
    Role.MANAGER: _("Manager"),
    Role.CONSULTANT: _("Consultant"),
    Role.PROGRAMME_OFFICER: _("Programme officer"),
    Role.BUDGET_OFFICER: _("Budget officer"),
    Role.EVALUATOR: _("Evaluator"),
    Role.ETHICS_OFFICER: _("Ethics officer"),
    Role.ENQUIRY_SPECIALIST: _("Enquiry specialist"),
    Role.ADMINISTRATOR: _("Administrator"),
    Role.AUDITOR: _("Auditor"),
    Role.SYSTEM: _("The system"),
}


@dataclass(frozen=True)
class Actor:
    """One person in one role for one organisation; `person_id` is None for visitors and the system."""

    person_id: UUID | None
    role: Role
    organisation_id: UUID | None = None
    membership_id: UUID | None = None
    device_hash: str | None = None
    address_hash: str | None = None
    name: str = ""
    organisation_name: str = ""


SYSTEM = Actor(None, Role.SYSTEM)
VISITOR = Actor(None, Role.VISITOR)
