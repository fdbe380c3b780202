"""Vouchers: the hash of a sealed list's file is kept with its allocation from the decision on."""

from alembic import op

revision = "0029"
down_revision = "0028"

# Whoever was decided before has no hash and gets none: what the file was at the decision can't be known any more.
COLUMN = """
ALTER TABLE allocations ADD COLUMN file_hash text,
    ADD CONSTRAINT ck_allocations_file_hash CHECK (file_hash ~ '^[0-9a-f]{64}$');
"""

FREEZE = """
CREATE OR REPLACE FUNCTION refuse_changed_allocation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.call_id, NEW.opening, NEW.list_hash, NEW.started_at)
                           IS DISTINCT FROM (OLD.call_id, OLD.opening, OLD.list_hash, OLD.started_at)
       OR (OLD.decided_at IS NOT NULL AND {decided})
       OR (OLD.finished_at IS NOT NULL AND NEW.finished_at IS DISTINCT FROM OLD.finished_at) THEN
        RAISE EXCEPTION 'an allocation keeps its sealed list'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN NEW;
END $$;
"""
TIME = "NEW.decided_at IS DISTINCT FROM OLD.decided_at"
TIME_AND_FILE = "(NEW.decided_at, NEW.file_hash) IS DISTINCT FROM (OLD.decided_at, OLD.file_hash)"


def upgrade() -> None:
    """Keep the hash, and freeze it with the decision."""
    op.execute(COLUMN)
    op.execute(FREEZE.format(decided=TIME_AND_FILE))


def downgrade() -> None:
    """Take it back."""
    op.execute(FREEZE.format(decided=TIME))
    op.execute("ALTER TABLE allocations DROP COLUMN file_hash")
