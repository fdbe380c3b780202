"""Terms of money: cost categories, caps, and the life of a voucher in parts."""

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
