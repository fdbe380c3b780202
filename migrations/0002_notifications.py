"""The outbox of messages."""

from alembic import op

from marketplace.core.sql import drop_functions

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE messages (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_messages PRIMARY KEY,
    key text NOT NULL CONSTRAINT uq_messages_key UNIQUE,
    address text NOT NULL,
    locale text NOT NULL,
    template text NOT NULL,
    data jsonb NOT NULL,
    status text NOT NULL,
    message_id text NOT NULL CONSTRAINT uq_messages_message_id UNIQUE,
    error text,
    queued_at timestamptz NOT NULL DEFAULT app_now(),
    sent_at timestamptz,
    failed_at timestamptz,
    CONSTRAINT ck_messages_status CHECK (status IN ('queued', 'sent', 'failed')),
    CONSTRAINT ck_messages_sent_at CHECK (status NOT IN ('sent') OR sent_at IS NOT NULL),
    CONSTRAINT ck_messages_failed_at CHECK (status NOT IN ('failed') OR failed_at IS NOT NULL),
    CONSTRAINT ck_messages_address CHECK (address ~ '^[!-~]+$')
);
CREATE INDEX ix_messages_queued_at ON messages (queued_at);
CREATE INDEX ix_messages_unsent ON messages (status) WHERE status <> 'sent';
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them, with the area's functions."""
    op.execute("DROP TABLE messages")
    drop_functions("notifications")
