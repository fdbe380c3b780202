"""The bank: entries assigned, refunds, reverse flows, and engagements ended early."""

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
