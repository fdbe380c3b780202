"""Intake: waiting room, ceiling, winding down, and offers to the waitlist."""

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
