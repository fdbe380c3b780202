"""Companies of the last days: some wait to be verified, one was refused, and one is another person's, as they say."""

from dataclasses import replace
from random import Random

from marketplace.accounts import queries as accounts
from marketplace.core.actors import Role
from marketplace.demo import registers, words
from marketplace.demo.people import sign_up
from marketplace.demo.registers import NamePair
from marketplace.demo.story import World
from marketplace.demo.walk import Story, later
from marketplace.verification import queries, service
from marketplace.verification.states import VerificationStatus


def come(world: World, pairs: list[NamePair], seed: int) -> Story:
    """Four companies: two wait, one was refused, one is verified and in dispute."""
    cast = replace(world.cast, chance=Random(seed))  # noqa: S311  so that the rest of the world stays as it is
    made = [registers.add_company(cast, pair, number, verified=False) for number, pair in enumerate(pairs)]
    for company in made:
        registers.hand_in(company.signatory)
    yield later(1)
    refused, taken = made[2:]
    waiting = queries.find(refused.id, VerificationStatus.WAITING)
    assert waiting is not None
    officer = world.cast.one(Role.PROGRAMME_OFFICER)
    service.refuse(waiting.id, actor=officer, reason=words.reason("another_business"))
    registers.verify(taken.id, world.cast)
    yield later(1)
    owner = sign_up(f"owner@{taken.domain}", cast.name())
    service.open_dispute(
        actor=owner,
        business_number=accounts.get_organisation(taken.id).business_number or "",
        name=taken.name,
        representative_name=owner.name,
        statement=words.reason("own_company"),
        document=registers.paper(taken.name),
    )
