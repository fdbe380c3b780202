"""An evaluator has so many days to score; then the scoring lapses and somebody else is asked."""

from alembic import op

revision = "0033"
down_revision = "0032"

# Ten days, as config/scoring has it from its first file on.
UP = """
ALTER TABLE scorings
    ADD COLUMN last_day date,
    ADD COLUMN lapsed_at timestamptz,
    DROP CONSTRAINT ck_scorings_status,
    ADD CONSTRAINT ck_scorings_status CHECK (status IN ('assigned', 'accepted', 'refused', 'scored', 'lapsed')),
    ADD CONSTRAINT ck_scorings_lapsed_at CHECK (status NOT IN ('lapsed') OR lapsed_at IS NOT NULL);
UPDATE scorings SET last_day = assigned_at::date + 10;
ALTER TABLE scorings ALTER COLUMN last_day SET NOT NULL;
"""

DOWN = """
UPDATE scorings SET status = 'refused', statement = 'Not scored in time.', declared_at = coalesce(declared_at, lapsed_at)
 WHERE status = 'lapsed';
ALTER TABLE scorings
    DROP CONSTRAINT ck_scorings_status,
    DROP CONSTRAINT ck_scorings_lapsed_at,
    ADD CONSTRAINT ck_scorings_status CHECK (status IN ('assigned', 'accepted', 'refused', 'scored')),
    DROP COLUMN last_day,
    DROP COLUMN lapsed_at;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
