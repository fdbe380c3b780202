"""Funders, programmes, cost shares, calls and budget lines; what is published is frozen here as well."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"

STAMP = sa.DateTime(timezone=True)

FREEZE = """
CREATE FUNCTION refuse_frozen_programme() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status <> 'draft' THEN
            RAISE EXCEPTION 'a published programme is frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.status <> 'draft' AND (to_jsonb(NEW) - '{status,retired_at}'::text[])
       IS DISTINCT FROM (to_jsonb(OLD) - '{status,retired_at}'::text[]) THEN
        RAISE EXCEPTION 'a published programme is frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER programmes_frozen BEFORE UPDATE OR DELETE ON programmes
    FOR EACH ROW EXECUTE FUNCTION refuse_frozen_programme();

CREATE FUNCTION refuse_frozen_cost_share() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    status_now text;
BEGIN
    -- FOR SHARE waits for a publication under way, so that none slips in behind it.
    SELECT status INTO status_now FROM programmes
     WHERE id = CASE TG_OP WHEN 'INSERT' THEN NEW.programme_id ELSE OLD.programme_id END FOR SHARE;
    IF status_now <> 'draft' THEN
        RAISE EXCEPTION 'a published programme is frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER cost_shares_frozen BEFORE INSERT OR UPDATE OR DELETE ON cost_shares
    FOR EACH ROW EXECUTE FUNCTION refuse_frozen_cost_share();

CREATE FUNCTION refuse_frozen_call() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status <> 'draft' THEN
            RAISE EXCEPTION 'a published call is frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.status <> 'draft' AND (to_jsonb(NEW) - '{status,closed_at}'::text[])
       IS DISTINCT FROM (to_jsonb(OLD) - '{status,closed_at}'::text[]) THEN
        RAISE EXCEPTION 'a published call is frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER calls_frozen BEFORE UPDATE OR DELETE ON calls
    FOR EACH ROW EXECUTE FUNCTION refuse_frozen_call();

CREATE FUNCTION refuse_frozen_budget_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    status_now text;
BEGIN
    SELECT status INTO status_now FROM calls
     WHERE id = CASE TG_OP WHEN 'INSERT' THEN NEW.call_id ELSE OLD.call_id END FOR SHARE;
    IF status_now <> 'draft' OR (TG_OP <> 'INSERT' AND OLD.status = 'appropriated') THEN
        RAISE EXCEPTION 'an appropriated or published budget line is frozen'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER budget_lines_frozen BEFORE INSERT OR UPDATE OR DELETE ON budget_lines
    FOR EACH ROW EXECUTE FUNCTION refuse_frozen_budget_line();
"""


def upgrade() -> None:
    op.execute("CREATE SEQUENCE number_call")
    op.create_table(
        "funders",
        sa.Column("id", sa.Uuid(), primary_key=True, server_default=sa.text("gen_random_uuid()")),
        sa.Column("code", sa.Text(), nullable=False, unique=True),
        sa.Column("name", JSONB(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('central', 'local')", name="kind"),
    )
    op.create_table(
        "programmes",
        sa.Column("id", sa.Uuid(), primary_key=True, server_default=sa.text("gen_random_uuid()")),
        sa.Column("code", sa.Text(), nullable=False, unique=True),
        sa.Column("name", JSONB(), nullable=False),
        sa.Column("summary", JSONB(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("voucher_amount", sa.BigInteger(), nullable=False),
        sa.Column("size_standard", sa.Text(), nullable=False),
        sa.Column("service_lines", JSONB(), nullable=False),
        sa.Column("stages", JSONB(), nullable=False),
        sa.Column("one_active_voucher", sa.Boolean(), nullable=False),
        sa.Column("aid_cap", sa.BigInteger()),
        sa.Column("aid_cap_months", sa.Integer()),
        sa.Column("voucher_validity_days", sa.Integer(), nullable=False),
        sa.Column("vat_recoverable", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), sa.ForeignKey("people.id")),
        sa.Column("created_at", STAMP, nullable=False, server_default=sa.text("app_now()")),
        sa.Column("published_at", STAMP),
        sa.Column("retired_at", STAMP),
        sa.CheckConstraint("status IN ('draft', 'published', 'retired')", name="status"),
        sa.CheckConstraint("voucher_amount > 0", name="voucher_amount"),
        sa.CheckConstraint("voucher_validity_days BETWEEN 1 AND 3660", name="voucher_validity_days"),
        sa.CheckConstraint("(aid_cap IS NULL) = (aid_cap_months IS NULL)", name="aid_cap_months"),
        sa.CheckConstraint("aid_cap IS NULL OR aid_cap >= voucher_amount", name="aid_cap"),
        sa.CheckConstraint("(status = 'draft') = (published_at IS NULL)", name="published_at"),
    )
    op.create_table(
        "cost_shares",
        sa.Column("id", sa.Uuid(), primary_key=True, server_default=sa.text("gen_random_uuid()")),
        sa.Column("programme_id", sa.Uuid(), sa.ForeignKey("programmes.id"), nullable=False),
        sa.Column("funder_id", sa.Uuid(), sa.ForeignKey("funders.id")),
        sa.Column("basis_points", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.UniqueConstraint("programme_id", "funder_id", postgresql_nulls_not_distinct=True),
        sa.CheckConstraint("basis_points BETWEEN 1 AND 10000", name="basis_points"),
    )
    op.create_table(
        "calls",
        sa.Column("id", sa.Uuid(), primary_key=True, server_default=sa.text("gen_random_uuid()")),
        sa.Column("number", sa.Text(), nullable=False, unique=True),
        sa.Column("programme_id", sa.Uuid(), sa.ForeignKey("programmes.id"), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("opens_at", STAMP, nullable=False),
        sa.Column("closes_at", STAMP, nullable=False),
        sa.Column("allocation_method", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), sa.ForeignKey("people.id")),
        sa.Column("created_at", STAMP, nullable=False, server_default=sa.text("app_now()")),
        sa.Column("published_by", sa.Uuid(), sa.ForeignKey("people.id")),
        sa.Column("published_at", STAMP),
        sa.Column("closed_at", STAMP),
        sa.CheckConstraint("status IN ('draft', 'published', 'closed')", name="status"),
        sa.CheckConstraint("opens_at < closes_at", name="closes_at"),
        sa.CheckConstraint("allocation_method = 'first_come'", name="allocation_method"),
        sa.CheckConstraint("(status = 'draft') = (published_at IS NULL)", name="published_at"),
        sa.CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_at"),
    )
    op.create_index("ix_calls_programme_id", "calls", ["programme_id"])
    op.create_table(
        "budget_lines",
        sa.Column("id", sa.Uuid(), primary_key=True, server_default=sa.text("gen_random_uuid()")),
        sa.Column("call_id", sa.Uuid(), sa.ForeignKey("calls.id"), nullable=False),
        sa.Column("funder_id", sa.Uuid(), sa.ForeignKey("funders.id"), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), sa.ForeignKey("people.id")),
        sa.Column("created_at", STAMP, nullable=False, server_default=sa.text("app_now()")),
        sa.Column("appropriated_by", sa.Uuid(), sa.ForeignKey("people.id")),
        sa.Column("appropriated_at", STAMP),
        sa.UniqueConstraint("call_id", "funder_id"),
        sa.CheckConstraint("status IN ('proposed', 'appropriated')", name="status"),
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("appropriated_by <> created_by", name="appropriated_by"),
        sa.CheckConstraint("(status = 'appropriated') = (appropriated_at IS NOT NULL)", name="appropriated_at"),
    )
    op.execute(FREEZE)


def downgrade() -> None:
    for table in ("budget_lines", "calls", "cost_shares", "programmes", "funders"):
        op.drop_table(table)
    for function in ("budget_line", "call", "cost_share", "programme"):
        op.execute(f"DROP FUNCTION refuse_frozen_{function}()")
    op.execute("DROP SEQUENCE number_call")
