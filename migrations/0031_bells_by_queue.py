"""Due tasks are found by queue."""

from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.execute("DROP INDEX ix_background_tasks_due")
    op.execute("CREATE INDEX ix_background_tasks_due ON background_tasks (queue, run_after) WHERE status = 'pending'")


def downgrade() -> None:
    op.execute("DROP INDEX ix_background_tasks_due")
    op.execute("CREATE INDEX ix_background_tasks_due ON background_tasks (run_after) WHERE status = 'pending'")
