"""The lives of applications: handed in, decided, given a voucher or made to wait, offered one, refused, withdrawn."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.audit import transition
from marketplace.verification import queries as verification_queries
from marketplace.verification import service as verification
from marketplace.verification.states import VerificationStatus
from marketplace.vouchers import rules, service
from marketplace.vouchers.models import Application, Voucher
from marketplace.vouchers.service.waiting_room import take_ticket
from marketplace.vouchers.states import APPLICATION
from tests.factories.claims import new_key
from tests.factories.programmes import make_call
from tests.factories.vouchers import make_application, make_draft
from tests.pairs.walk import Cast, Life, Verb

REVIEW = "vouchers.application_review"
IN_DRAFT = {"draft": ("preparer", "helper")}


def begin(cast: Cast) -> UUID:
    """A complete draft of the company's in an open call."""
    return make_draft(make_call(), cast.story.sme).id


def begin_undetermined(cast: Cast) -> UUID:
    """A draft whose facts leave the size of the company open."""
    return make_draft(make_call(), cast.story.sme, sector="unlisted").id


def begin_behind(cast: Cast) -> UUID:
    """A draft in a call with money for one voucher, which another company is sure to get."""
    call = make_call(vouchers=1)
    make_application(call)
    return make_draft(call, cast.story.sme).id


def begin_submitted(cast: Cast) -> UUID:
    """A status that no application keeps: the verb that hands one in leaves it at once."""
    application = make_draft(make_call(), cast.story.sme)
    application.ticket, application.submitted_by = take_ticket(application), cast.story.sme.person_id
    transition(application, APPLICATION, "submit", actor=cast.story.sme)
    db.flush()
    return application.id


def close(_cast: Cast, application_id: UUID) -> None:
    """The call's time is up and its allocation has begun."""
    db.move_clock(timedelta(days=8))
    service.start_allocation(db.get(Application, application_id).call_id, actor=SYSTEM)


def close_unverified(cast: Cast, application_id: UUID) -> None:
    """The same, and the company's verification has turned out wrong."""
    organisation_id = db.get(Application, application_id).organisation_id
    confirmed = verification_queries.find(organisation_id, VerificationStatus.CONFIRMED)
    if confirmed is not None:
        officer = cast.officer(Role.PROGRAMME_OFFICER)
        verification.end(confirmed.id, actor=officer, reason="It was of another company.")
    close(cast, application_id)


def release(cast: Cast, application_id: UUID) -> None:
    """Whoever has the call's voucher loses it."""
    call_id = db.get(Application, application_id).call_id
    voucher_id = db.session.scalars(select(Voucher.id).where(Voucher.call_id == call_id)).first()
    if voucher_id is not None:
        service.revoke(voucher_id, actor=cast.officer(Role.PROGRAMME_OFFICER), reason="Tried", key="pairs-first")


def end(cast: Cast, application_id: UUID) -> None:
    """The call is being wound down."""
    call_id = db.get(Application, application_id).call_id
    service.wind_down(call_id, actor=cast.officer(Role.PROGRAMME_OFFICER), reason="Tried")


def call_of(application_id: UUID) -> UUID:
    """The application's call."""
    return db.get(Application, application_id).call_id


def call_of_draft(application_id: UUID) -> UUID | None:
    """The call, while the application is a draft: with the call's end drafts are withdrawn, others answered."""
    application = db.get(Application, application_id)
    return application.call_id if application.status == "draft" else None


def call_of_handed_in(application_id: UUID) -> UUID | None:
    """The call, once the application isn't a draft."""
    return None if call_of_draft(application_id) else call_of(application_id)


def decide(eligible: bool):
    """The verb that decides about eligibility."""

    def verb(application_id: UUID, actor: Actor) -> None:
        service.decide_eligibility(application_id, actor=actor, eligible=eligible, reason="Tried")

    return verb


def submit(then: str) -> Verb:
    """Handing in: eligibility is taken at once, and says what comes next."""
    return Verb(
        "submit",
        lambda one, by: service.submit(one, actor=by, declarations=list(rules.DECLARATIONS)),
        page="vouchers.application_check",
        never=dict.fromkeys(APPLICATION.statuses, ("preparer", "helper")),
        then=(then,),
    )


ANY = [
    Verb("accept", decide(True), page=REVIEW, only=("in_review",)),
    Verb("refuse", decide(False), page=REVIEW, only=("in_review",)),
    Verb(
        "withdraw",
        lambda one, by: service.withdraw(one, actor=by),
        page="vouchers.application_withdraw",
        also=IN_DRAFT,
    ),
    Verb(
        "refuse",
        lambda one, by: service.end_applications(one, 1, actor=by),
        aim=call_of_handed_in,
        first=end,
        aside=True,
        only=("in_review", "accepted", "waitlisted"),
    ),
    Verb(
        "withdraw",
        lambda one, by: service.end_applications(one, 1, actor=by),
        aim=call_of_draft,
        first=end,
        only=("draft",),
    ),
]
ALLOCATION = {"aim": call_of, "first": close, "aside": True, "only": ("accepted",)}


def allocate(call_id: UUID, actor: Actor) -> None:
    """All of the allocation: it is decided, then carried out."""
    for batch in range(1, 4):
        service.allocate_batch(call_id, batch, actor=actor)


APPLICATIONS = [
    Life(
        APPLICATION,
        Application,
        begin,
        [
            submit("accept"),
            *ANY,
            Verb("allocate", allocate, **ALLOCATION),
            Verb("offer", allocate, **ALLOCATION | {"first": close_unverified}),
        ],
    ),
    Life(APPLICATION, Application, begin_submitted, ANY),
    Life(APPLICATION, Application, begin_undetermined, [submit("review"), *ANY]),
    Life(
        APPLICATION,
        Application,
        begin_behind,
        [
            submit("accept"),
            Verb("wait", allocate, **ALLOCATION),
            Verb(
                "offer",
                lambda one, by: service.offer_from_waitlist(one, actor=by),
                aim=call_of,
                first=release,
                aside=True,
                only=("waitlisted",),
            ),
            Verb(
                "allocate",
                lambda one, by: service.accept_offer(one, actor=by, key=new_key()),
                page="vouchers.offer_accept",
                only=("offered",),
            ),
            Verb(
                "decline",
                lambda one, by: service.decline_offer(one, actor=by, key=new_key()),
                page="vouchers.offer_decline",
            ),
            Verb(
                "lapse",
                lambda one, by: service.lapse_offer(one, actor=by, key=new_key()),
                first=lambda _cast, _one: db.move_clock(timedelta(days=30)),
                aside=True,
            ),
            *ANY,
        ],
    ),
]
