"""A place in a waiting room keeps what it drew: its ticket and position are not taken back either, nor is it deleted."""

from alembic import op

revision = "0034"
down_revision = "0033"

GUARD = """
CREATE OR REPLACE FUNCTION keep_waiting_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF app_now() >= (SELECT opens_at FROM calls WHERE id = NEW.call_id) OR NEW.ticket IS NOT NULL THEN
            RAISE EXCEPTION 'the waiting room is closed'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'waiting_room_closed';
        END IF;
    ELSIF OLD.application_id IS NOT NULL OR (OLD.ticket IS NOT NULL AND {changed})
       OR (to_jsonb(NEW) - '{{ticket,position,application_id}}'::text[])
          <> (to_jsonb(OLD) - '{{ticket,position,application_id}}'::text[]) THEN
        RAISE EXCEPTION 'a place is drawn once and used once' USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN NEW;
END $$;
"""


def upgrade() -> None:
    op.execute(GUARD.format(changed="(NEW.ticket, NEW.position) IS DISTINCT FROM (OLD.ticket, OLD.position)"))
    op.execute("REVOKE DELETE ON waiting_places FROM app")


def downgrade() -> None:
    op.execute("GRANT DELETE ON waiting_places TO app")
    op.execute(GUARD.format(changed="NEW.ticket <> OLD.ticket"))
