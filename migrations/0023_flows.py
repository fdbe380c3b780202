"""Ethics: an engagement is checked again each time a bank file touches both of its sides."""

from alembic import op

revision = "0023"
down_revision = "0022"

ONCE = "uq_ethics_checks_engagement_id_rule_set_occasion"


def _allow_occasions(listed: str) -> None:
    op.execute("ALTER TABLE ethics_checks DROP CONSTRAINT ck_ethics_checks_occasion")
    op.execute(f"ALTER TABLE ethics_checks ADD CONSTRAINT ck_ethics_checks_occasion CHECK (occasion IN ({listed}))")


def upgrade() -> None:
    """Allow the occasion, as often as it comes."""
    _allow_occasions("'finish', 'survey', 'co_payment', 'bank'")
    op.execute(f"ALTER TABLE ethics_checks DROP CONSTRAINT {ONCE}")
    op.execute(
        f"CREATE UNIQUE INDEX {ONCE} ON ethics_checks (engagement_id, rule_set, occasion) WHERE occasion <> 'bank'"
    )


def downgrade() -> None:
    """Take it back; such checks go, with the flags that they raised."""
    op.execute(
        """
        DELETE FROM flags WHERE check_id IN (SELECT id FROM ethics_checks WHERE occasion = 'bank');
        DELETE FROM ethics_checks WHERE occasion = 'bank';
        """
    )
    op.execute(f"DROP INDEX {ONCE}")
    op.execute(f"ALTER TABLE ethics_checks ADD CONSTRAINT {ONCE} UNIQUE (engagement_id, rule_set, occasion)")
    _allow_occasions("'finish', 'survey', 'co_payment'")
