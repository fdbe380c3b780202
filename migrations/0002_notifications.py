"""The outbox of messages."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE messages (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    key text NOT NULL,
    address text NOT NULL,
    locale text NOT NULL,
    template text NOT NULL,
    data jsonb NOT NULL,
    status text NOT NULL,
    message_id text NOT NULL,
    error text,
    queued_at timestamptz DEFAULT app_now() NOT NULL,
    sent_at timestamptz,
    failed_at timestamptz,
    CONSTRAINT pk_messages PRIMARY KEY (id),
    CONSTRAINT ck_messages_status CHECK (status IN ('queued', 'sent', 'failed')),
    CONSTRAINT ck_messages_sent_at CHECK (status NOT IN ('sent') OR sent_at IS NOT NULL),
    CONSTRAINT ck_messages_failed_at CHECK (status NOT IN ('failed') OR failed_at IS NOT NULL),
    CONSTRAINT ck_messages_address CHECK (address ~ '^[!-~]+$'),
    CONSTRAINT uq_messages_key UNIQUE (key),
    CONSTRAINT uq_messages_message_id UNIQUE (message_id)
);

"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE messages")
