"""Words for what rules find: the finding, and the names of the values it rests on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from marketplace.accounts.acts import act_words
from marketplace.accounts.queries import names
from marketplace.core.errors import Words
from marketplace.core.i18n import _, moment
from marketplace.ethics.models import Flag

FINDINGS: dict[str, Words] = {
    "same_business_number": _("Both sides have the same business number."),
    "same_representative": _("Both sides have the same representative."),
    "same_person": _("The same person acts on both sides."),
    "same_bank_account": _("Both sides have the same bank account."),
    "same_phone": _("Both sides have the same telephone number."),
    "same_email_domain": _("Both sides use the same e-mail domain."),
    "same_address": _("Both sides have the same postal address."),
    "same_network": _("Both sides acted from the same network (IP) address."),
    "same_device": _("Both sides acted from the same device."),
    "above_ceiling": _("The aid within the window is above the ceiling."),
    "several_vouchers": _("The company holds several active vouchers."),
    "overlap": _("Two sessions of one person overlap."),
    "not_named": _("Sessions were held by a person whom the agreement does not name."),
    "unconfirmed": _("The company did not confirm several sessions."),
    "survey_counts_fewer": _("The company counts fewer sessions than the log."),
    "survey_says_other": _("The company's answer to a fact question differs from the record."),
    "survey_says_given": _("The company answers that something was given or offered back."),
    "provider_pays_for_company": _("The firm's account paid for the company after the firm was paid."),
    "company_pays_for_provider": _("The company's account paid for the firm after the firm was paid."),
    "provider_name_for_company": _("Money for the company came under the firm's name, from an unknown account."),
    "company_name_for_provider": _("Money for the firm came under the company's name, from an unknown account."),
    "refund_to_them": _("A refund of the company's share went to the firm's account."),
    "paid_from_their_account": _("The company's share came from an account of the other side."),
    "paid_by_them": _("The company's share was paid by the other side."),
    "another_payer": _("The company's share came under another name."),
    "not_paid": _("The company's share has not arrived."),
    "paid_late": _("The company's share arrived late."),
    "changed_before_payment": _("The firm's account changed shortly before a payment."),
    "same_file": _("The same file was delivered to another company."),
    "same_text": _("The same text was delivered to another company."),
    "not_valid": _("A required paper was not valid on that day."),
    "fast": _("The survey was answered faster than it can be read."),
    "straight_line": _("The survey has the same answer everywhere, the reversed item included."),
}

# What the values of the evidence mean, where they are no words yet.
MEANINGS: dict[str, Words] = {
    "sme": _("Company"),
    "provider": _("Consulting firm"),
    "helper": _("Helper"),
    "application": _("Decision about the application"),
    "registration": _("Approval of the registration"),
    "session": _("Confirmation of a session"),
    "claim": _("Approval of the claim"),
    "payment": _("Check and approval of the payment"),
    "account": _("Approval of the bank account"),
    "batch": _("Sending of the payment batch"),
    "yes": _("Yes"),
    "no": _("No"),
}

INPUTS: dict[str, Words] = {
    "value": _("Value"),
    "act": _("Act"),
    "at": _("Moment of the act"),
    "other_act": _("The other act"),
    "other_at": _("Moment of the other act"),
    "side": _("The other side"),
    "total": _("Sum in minor units"),
    "day": _("Day"),
    "claim_day": _("Day of the claim"),
    "count": _("Number"),
    "minutes": _("Minutes"),
    "sessions": _("Sessions"),
    "answer": _("Answer"),
    "expected": _("Expected"),
    "due": _("Amount due in minor units"),
    "characters": _("Characters"),
}


def evidence_words(flag: Flag) -> list[tuple[Words, str]]:
    """A flag's evidence as an officer reads it: acts and sides in words, people by name, moments in local time."""
    people = names([_id(value) for value in flag.inputs.values()])
    return [(INPUTS.get(name, name), _value(flag, name, value, people)) for name, value in flag.inputs.items()]


def _value(flag: Flag, name: str, value: Any, people: Mapping[UUID, str]) -> str:
    text, person = str(value), _id(value)
    if name in ("at", "other_at"):
        return moment(datetime.fromisoformat(text))
    if name in ("act", "other_act", "side", "answer"):
        return str(MEANINGS.get(text) or act_words(text))
    if name == "value" and flag.finding in ("same_device", "same_network", "same_file", "same_text"):
        return str(_("the same on both sides (check code %(code)s)", code=text))
    return people.get(person, text) if person else text


def _id(value: Any) -> UUID | None:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        return None
