"""The blueprint of agreements and engagements."""

from flask import Blueprint

from marketplace.core import seen
from marketplace.engagements.models import Agreement, Assignment, ConsultingSession, Deliverable, Engagement, Stage

blueprint = Blueprint("engagements", __name__)

seen.declare(
    blueprint,
    rows={
        "agreement_id": Agreement,
        "assignment_id": Assignment,
        "engagement_id": Engagement,
        "session_id": ConsultingSession,
        "stage_id": seen.Row(Stage, within=((Stage.engagement_id, Engagement),)),
        "deliverable_id": seen.Row(
            Deliverable, within=((Deliverable.stage_id, Stage), (Stage.engagement_id, Engagement))
        ),
    },
    by_itself=(  # what was added is compared with what others added
        Deliverable.compared_at,
        Deliverable.text_sha256,
        Deliverable.text_characters,
        Deliverable.shingles,
        Deliverable.unreadable_reason,
    ),
    nothing={
        "draft_agreement": "an award is made once and never changes",
        "new_session": "adds a session",
        "new_deliverable": "adds a document; the one it replaces stays",
    },
)
