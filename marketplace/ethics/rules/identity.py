"""Rules of the family identity: who is who, who checked whom, and from whose device."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from marketplace.core.text import phone_number, plain_number, plain_text
from marketplace.ethics.rules.facts import Facts, Hit, Party, Side, strong, weak
from marketplace.ethics.rules.register import Limits, rule


@rule("E01", version=1)
def same_people(facts: Facts, limits: Limits) -> Iterator[Hit]:
    """E01: the SME and its provider or consultant must not be the same people."""
    for other in (facts.provider, *facts.consultants):
        yield from _strong_matches(facts.sme, other)
        yield from _weak_matches(facts.sme, other, frozenset(limits["free_mail"]))


def _strong_matches(sme: Party, other: Party) -> Iterator[Hit]:
    if sme.business_number and plain_number(sme.business_number) == plain_number(other.business_number):
        yield strong("same_business_number", value=sme.business_number, links=(other.reference,))
    if plain_text(sme.representative) and plain_text(sme.representative) == plain_text(other.representative):
        yield strong("same_representative", value=sme.representative, links=(other.reference,))
    for person in sorted(sme.people & other.people):
        yield strong("same_person", value=person, links=(other.reference,))
    for account in shared(sme.bank_accounts, other.bank_accounts, plain_number):
        yield strong("same_bank_account", value=account, links=(other.reference,))


def _weak_matches(sme: Party, other: Party, free_mail: frozenset[str]) -> Iterator[Hit]:
    for phone in shared(sme.phones, other.phones, phone_number):
        yield weak("same_phone", value=phone, links=(other.reference,))
    for domain in shared(domains(sme.emails) - free_mail, domains(other.emails) - free_mail, plain_text):
        yield weak("same_email_domain", value=domain, links=(other.reference,))
    for address in shared(sme.addresses, other.addresses, plain_text):
        yield weak("same_address", value=address, links=(other.reference,))


@rule("E03", version=1)
def maker_is_checker(facts: Facts, limits: Limits) -> Iterator[Hit]:
    """E03: nobody checks their own act; one device for both within the hours only goes to review."""
    hours = int(limits["same_device_hours"])
    for act in {(earlier.name, earlier.maker, earlier.checker): earlier for earlier in reversed(facts.acts)}.values():
        if act.maker == act.checker:
            yield strong("same_person", act=act.name, value=act.maker, threshold=0)
        elif (
            act.maker_device
            and act.maker_device == act.checker_device
            and abs(act.checked_at - act.made_at) < timedelta(hours=hours)
        ):
            yield weak("same_device", act=act.name, value=short(act.maker_device), threshold=f"{hours} h")


@rule("E19", version=1)
def wrong_device(facts: Facts, limits: Limits) -> Iterator[Hit]:
    """E19: no act of the SME from a device that the provider, its consultants or a helper use. Once per device."""
    theirs = [trace for trace in reversed(facts.traces) if trace.side != Side.SME]
    ours = [trace for trace in reversed(facts.traces) if trace.side == Side.SME]
    devices = {trace.device: trace for trace in theirs if trace.device}
    addresses = {trace.address: trace for trace in theirs if trace.address}
    for device, trace in {our.device: our for our in ours if our.device in devices}.items():
        other = devices[device]
        yield strong(
            "same_device",
            act=trace.act,
            at=minute(trace.at),
            value=short(device),
            other_act=other.act,
            other_at=minute(other.at),
            side=other.side,
        )
    apart = [our for our in ours if our.device not in devices]
    for address, trace in {act.address: act for act in apart if act.address in addresses}.items():
        other = addresses[address]
        yield weak(
            "same_network",
            act=trace.act,
            at=minute(trace.at),
            value=short(address),
            other_act=other.act,
            other_at=minute(other.at),
            side=other.side,
        )


def minute(moment: datetime) -> str:
    """A moment as evidence keeps it."""
    return moment.isoformat(timespec="minutes")


def short(digest: str) -> str:
    """Return enough of a hash to compare two by eye."""
    return digest[:12]


def domains(emails: Iterable[str]) -> frozenset[str]:
    """Return the domains of these addresses, in lower case."""
    return frozenset(email.rsplit("@", 1)[1].lower() for email in emails if "@" in email)


def shared(ours: Iterable[str], theirs: Iterable[str], form: Callable[[str], str]) -> list[str]:
    """Return our values that meet one of theirs in the plain form, sorted; empty forms never meet."""
    known = {form(value) for value in theirs} - {""}
    return sorted(value for value in ours if form(value) in known)
