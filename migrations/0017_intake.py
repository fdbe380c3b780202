"""Intake: waiting room, ceiling, winding down, and offers to the waitlist."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

STAMP = sa.DateTime(timezone=True)

CALLS = """
ALTER TABLE calls DROP CONSTRAINT ck_calls_status;
ALTER TABLE calls DROP CONSTRAINT ck_calls_closed_at;
ALTER TABLE calls
    ADD CONSTRAINT ck_calls_status
        CHECK (status IN ('draft', 'published', 'paused', 'closed', 'winding_down', 'wound_up')),
    ADD CONSTRAINT ck_calls_closed_at CHECK (status NOT IN ('closed') OR closed_at IS NOT NULL),
    ADD CONSTRAINT ck_calls_closed CHECK (closed_at IS NULL OR status IN ('closed', 'winding_down', 'wound_up')),
    ADD CONSTRAINT ck_calls_paused_at CHECK (status NOT IN ('paused') OR paused_at IS NOT NULL),
    ADD CONSTRAINT ck_calls_winding_down_at
        CHECK ((status IN ('winding_down', 'wound_up')) = (winding_down_at IS NOT NULL)),
    ADD CONSTRAINT ck_calls_winding_down_reason CHECK ((winding_down_at IS NULL) = (winding_down_reason IS NULL)),
    ADD CONSTRAINT ck_calls_wound_up_at CHECK ((status = 'wound_up') = (wound_up_at IS NOT NULL)),
    ADD CONSTRAINT ck_calls_intake_ceiling_percent CHECK (intake_ceiling_percent BETWEEN 1 AND 1000);
"""

CALLS_BEFORE = """
ALTER TABLE calls DROP CONSTRAINT ck_calls_status;
ALTER TABLE calls DROP CONSTRAINT ck_calls_closed_at;
ALTER TABLE calls DROP CONSTRAINT ck_calls_closed;
ALTER TABLE calls
    DROP COLUMN intake_ceiling_percent, DROP COLUMN ceiling_lifted_at, DROP COLUMN paused_at,
    DROP COLUMN winding_down_at, DROP COLUMN winding_down_reason, DROP COLUMN wound_up_at;
ALTER TABLE calls
    ADD CONSTRAINT ck_calls_status CHECK (status IN ('draft', 'published', 'closed')),
    ADD CONSTRAINT ck_calls_closed_at CHECK ((status = 'closed') = (closed_at IS NOT NULL));
"""

# A published call keeps its terms; what its life adds may be written, and the reason of its end but once.
FREEZE = """
CREATE OR REPLACE FUNCTION refuse_frozen_call() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    life text[] := {life};
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status <> 'draft' THEN
            RAISE EXCEPTION 'a published call is frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.status <> 'draft' AND (to_jsonb(NEW) - life) IS DISTINCT FROM (to_jsonb(OLD) - life) THEN
        RAISE EXCEPTION 'a published call is frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN NEW;
END $$;
"""
LIFE_BEFORE = "'{status,closed_at}'"
LIFE = (
    "array_remove('{status,closed_at,paused_at,ceiling_lifted_at,winding_down_at,winding_down_reason,wound_up_at}',"
    " CASE WHEN OLD.winding_down_at IS NOT NULL THEN 'winding_down_reason' END)"
)

APPLICATIONS = """
ALTER TABLE applications DROP CONSTRAINT ck_applications_status;
ALTER TABLE applications
    ADD COLUMN offered_at timestamptz,
    ADD COLUMN offer_ends_at timestamptz,
    ADD COLUMN end_told_at timestamptz,
    ADD CONSTRAINT ck_applications_status CHECK (status IN ({statuses})),
    ADD CONSTRAINT ck_applications_offered_at CHECK (status NOT IN ('offered') OR offered_at IS NOT NULL),
    ADD CONSTRAINT ck_applications_offer_ends_at CHECK ((offered_at IS NULL) = (offer_ends_at IS NULL));
CREATE INDEX ix_applications_in_line ON applications (call_id, ticket)
    WHERE status IN ('submitted', 'in_review', 'accepted', 'waitlisted');
"""

APPLICATIONS_BEFORE = """
DROP INDEX ix_applications_in_line;
ALTER TABLE applications DROP CONSTRAINT ck_applications_status;
ALTER TABLE applications DROP COLUMN offered_at, DROP COLUMN offer_ends_at, DROP COLUMN end_told_at,
    ADD CONSTRAINT ck_applications_status CHECK (status IN ({statuses}));
"""
STATUSES = "'draft', 'submitted', 'in_review', 'accepted', 'allocated', 'waitlisted', 'refused', 'withdrawn'"

# The seed can't be read before the call opens, by nobody who comes through the application; nor changed, ever.
SEALED_SEED = """
ALTER TABLE waiting_room_seeds ENABLE ROW LEVEL SECURITY;
ALTER TABLE waiting_room_seeds FORCE ROW LEVEL SECURITY;
CREATE POLICY read_opened ON waiting_room_seeds FOR SELECT
    USING (app_now() >= (SELECT opens_at FROM calls WHERE calls.id = call_id));
CREATE POLICY seal ON waiting_room_seeds FOR INSERT
    WITH CHECK (app_now() < (SELECT opens_at FROM calls WHERE calls.id = call_id));

CREATE FUNCTION keep_waiting_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.drawn_at IS NOT NULL
       OR (to_jsonb(NEW) - '{drawn_at,list_hash}'::text[]) <> (to_jsonb(OLD) - '{drawn_at,list_hash}'::text[]) THEN
        RAISE EXCEPTION 'a waiting room is drawn once' USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER waiting_rooms_kept BEFORE UPDATE OR DELETE ON waiting_rooms
    FOR EACH ROW EXECUTE FUNCTION keep_waiting_room();

CREATE FUNCTION keep_waiting_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF app_now() >= (SELECT opens_at FROM calls WHERE id = NEW.call_id) OR NEW.ticket IS NOT NULL THEN
            RAISE EXCEPTION 'the waiting room is closed'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'waiting_room_closed';
        END IF;
    ELSIF OLD.application_id IS NOT NULL OR (OLD.ticket IS NOT NULL AND NEW.ticket <> OLD.ticket)
       OR (to_jsonb(NEW) - '{ticket,position,application_id}'::text[])
          <> (to_jsonb(OLD) - '{ticket,position,application_id}'::text[]) THEN
        RAISE EXCEPTION 'a place is drawn once and used once' USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER waiting_places_kept BEFORE INSERT OR UPDATE ON waiting_places
    FOR EACH ROW EXECUTE FUNCTION keep_waiting_place();
"""


def upgrade() -> None:
    for name in ("ceiling_lifted_at", "paused_at", "winding_down_at", "wound_up_at"):
        op.add_column("calls", sa.Column(name, STAMP))
    op.add_column("calls", sa.Column("intake_ceiling_percent", sa.Integer()))
    op.add_column("calls", sa.Column("winding_down_reason", sa.Text()))
    op.execute(CALLS)
    op.execute(FREEZE.format(life=LIFE))
    op.execute(APPLICATIONS.format(statuses=f"{STATUSES}, 'offered'"))
    _waiting_room()
    op.execute(SEALED_SEED)


def _waiting_room() -> None:
    op.create_table(
        "waiting_rooms",
        sa.Column("call_id", sa.Uuid(), sa.ForeignKey("calls.id"), primary_key=True),
        sa.Column("enter_from", STAMP, nullable=False),
        sa.Column("seed_hash", sa.Text(), nullable=False),
        sa.Column("list_hash", sa.Text()),
        sa.Column("drawn_at", STAMP),
        sa.CheckConstraint("(drawn_at IS NULL) = (list_hash IS NULL)", name="drawn_at"),
    )
    op.create_table(
        "waiting_room_seeds",
        sa.Column("call_id", sa.Uuid(), sa.ForeignKey("waiting_rooms.call_id"), primary_key=True),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.CheckConstraint("seed ~ '^[0-9a-f]{64}$'", name="seed"),
    )
    op.create_table(
        "waiting_places",
        sa.Column("id", sa.Uuid(), primary_key=True, server_default=sa.text("gen_random_uuid()")),
        sa.Column("call_id", sa.Uuid(), sa.ForeignKey("waiting_rooms.call_id"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("entered_by", sa.Uuid(), sa.ForeignKey("people.id"), nullable=False),
        sa.Column("entered_at", STAMP, nullable=False),
        sa.Column("position", sa.Integer()),
        sa.Column("ticket", sa.BigInteger(), unique=True),
        sa.Column("application_id", sa.Uuid(), sa.ForeignKey("applications.id"), unique=True),
        sa.UniqueConstraint("call_id", "organisation_id"),
        sa.CheckConstraint("(position IS NULL) = (ticket IS NULL)", name="ticket"),
        sa.CheckConstraint("application_id IS NULL OR ticket IS NOT NULL", name="application_id"),
    )


def downgrade() -> None:
    for table in ("waiting_places", "waiting_room_seeds", "waiting_rooms"):
        op.drop_table(table)
    op.execute("DROP FUNCTION keep_waiting_room(); DROP FUNCTION keep_waiting_place()")
    op.execute(APPLICATIONS_BEFORE.format(statuses=STATUSES))
    op.execute(FREEZE.format(life=LIFE_BEFORE))
    op.execute(CALLS_BEFORE)
