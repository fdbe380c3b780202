"""The comparison of a deliverable with all earlier ones, done in the background."""

from hashlib import sha256
from uuid import UUID

from sqlalchemy import func, select

from marketplace.core import clock, db, files
from marketplace.core.actors import Actor
from marketplace.core.audit import record
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, task
from marketplace.core.text import plain_text
from marketplace.engagements import similarity
from marketplace.engagements.models import Deliverable, SimilarDeliverable
from marketplace.engagements.text_extraction import Unreadable, extract_text

# Comparisons go one after the other, so that of two copies handed in at once one sees the other.
ONE_AT_A_TIME = 7_310_009


@task("compare_deliverable", _("Compare a document with earlier ones"), Queue.ETHICS)
def compare_deliverable(deliverable_id: UUID, *, actor: Actor) -> None:
    """Keep what the document's words look like, and which earlier documents of other engagements it resembles."""
    deliverable = db.get(Deliverable, deliverable_id, lock=True)
    if deliverable.compared_at is not None:
        return
    _read(deliverable)
    db.session.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
    copies = _find_copies(deliverable)
    db.session.add_all(copies)
    deliverable.compared_at = clock.now()
    db.flush()
    record(actor, "deliverable.compare", deliverable, after={"near_copies": len(copies)})


def _read(deliverable: Deliverable) -> None:
    file = deliverable.file
    try:
        text = extract_text(files.path(file).read_bytes(), file.name.rpartition(".")[2].lower())
    except Unreadable as error:
        deliverable.unreadable_reason = str(error)
        return
    deliverable.text_characters = len(text)
    deliverable.shingles = similarity.sketch(text)
    plain = plain_text(text)
    if plain:
        deliverable.text_sha256 = sha256(plain.encode()).hexdigest()
    else:
        deliverable.unreadable_reason = "The file holds no words, such as scanned pages."


def _find_copies(deliverable: Deliverable) -> list[SimilarDeliverable]:
    others = db.session.execute(
        select(
            Deliverable.id, Deliverable.created_at, Deliverable.sha256, Deliverable.text_sha256, Deliverable.shingles
        )
        .where(
            Deliverable.engagement_id != deliverable.engagement_id,
            (Deliverable.compared_at.is_not(None)) | (Deliverable.sha256 == deliverable.sha256),
        )
        .order_by(Deliverable.id)
        .execution_options(yield_per=500)
    )
    copies = []
    for other in others:
        same = other.sha256 == deliverable.sha256 or _equal(other.text_sha256, deliverable.text_sha256)
        value = 1.0 if same else similarity.resemblance(deliverable.shingles or [], other.shingles or [])
        if similarity.is_near_copy(value):
            # The later one is the copy, whichever of the two is compared first.
            later = other.created_at > deliverable.created_at
            copies.append(
                SimilarDeliverable(
                    deliverable_id=other.id if later else deliverable.id,
                    other_id=deliverable.id if later else other.id,
                    similarity_percent=round(value * 100),
                    same_file=same,
                )
            )
    return copies


def _equal(one: str | None, other: str | None) -> bool:
    return one is not None and one == other
