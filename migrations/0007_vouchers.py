"""Applications, evidence, assessments, allocation and vouchers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"

STAMP = sa.DateTime(timezone=True)

# A voucher is bound to its holder, its amount and its code; evidence of what was decided is only ever added to.
KEEP = """
CREATE FUNCTION refuse_changed_voucher() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.amount, NEW.currency, NEW.code, NEW.number, NEW.organisation_id, NEW.application_id, NEW.programme_id,
        NEW.call_id, NEW.issued_at, NEW.one_active)
       IS DISTINCT FROM
       (OLD.amount, OLD.currency, OLD.code, OLD.number, OLD.organisation_id, OLD.application_id, OLD.programme_id,
        OLD.call_id, OLD.issued_at, OLD.one_active) THEN
        RAISE EXCEPTION 'a voucher keeps its holder and amount'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vouchers_kept BEFORE UPDATE ON vouchers FOR EACH ROW EXECUTE FUNCTION refuse_changed_voucher();

CREATE FUNCTION refuse_changed_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was assessed and allocated is never changed'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
END $$;
CREATE TRIGGER assessments_kept BEFORE UPDATE OR DELETE ON assessments
    FOR EACH ROW EXECUTE FUNCTION refuse_changed_answer();
CREATE TRIGGER allocation_entries_kept BEFORE UPDATE OR DELETE ON allocation_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_changed_answer();

CREATE FUNCTION refuse_changed_application() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> 'draft' AND
       (NEW.call_id, NEW.organisation_id, NEW.ticket, NEW.facts, NEW.need, NEW.service_line, NEW.declarations,
        NEW.submitted_by, NEW.submitted_at)
       IS DISTINCT FROM
       (OLD.call_id, OLD.organisation_id, OLD.ticket, OLD.facts, OLD.need, OLD.service_line, OLD.declarations,
        OLD.submitted_by, OLD.submitted_at) THEN
        RAISE EXCEPTION 'a submitted application is sealed' USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER applications_sealed BEFORE UPDATE ON applications
    FOR EACH ROW EXECUTE FUNCTION refuse_changed_application();
"""


def upgrade() -> None:
    for name in ("number_app", "number_vou", "application_tickets", "waitlist_waves"):
        op.execute(f"CREATE SEQUENCE {name}")
    _applications()
    _allocation()
    _vouchers()
    op.execute(KEEP)


def _applications() -> None:
    op.create_table(
        "applications",
        sa.Column("id", sa.Uuid(), primary_key=True, server_default=sa.text("gen_random_uuid()")),
        sa.Column("number", sa.Text(), nullable=False, unique=True),
        sa.Column("call_id", sa.Uuid(), sa.ForeignKey("calls.id"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("ticket", sa.BigInteger(), unique=True),
        sa.Column("service_line", sa.Text()),
        sa.Column("need", sa.Text()),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("declarations", JSONB(), nullable=False),
        sa.Column("prepared_by", sa.Uuid(), sa.ForeignKey("people.id")),
        sa.Column("helped_by", sa.Uuid(), sa.ForeignKey("people.id")),
        sa.Column("submitted_by", sa.Uuid(), sa.ForeignKey("people.id")),
        sa.Column("submitted_at", STAMP),
        sa.Column("device_hash", sa.Text()),
        sa.Column("address_hash", sa.Text()),
        sa.Column("decided_by", sa.Uuid(), sa.ForeignKey("people.id")),
        sa.Column("decided_at", STAMP),
        sa.Column("reason", sa.Text()),
        sa.Column("allocated_at", STAMP),
        sa.Column("waitlisted_at", STAMP),
        sa.Column("refused_at", STAMP),
        sa.Column("withdrawn_at", STAMP),
        sa.Column("created_at", STAMP, nullable=False, server_default=sa.text("app_now()")),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'in_review', 'accepted', 'allocated', 'waitlisted', 'refused',"
            " 'withdrawn')",
            name="status",
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'withdrawn') OR (ticket IS NOT NULL AND submitted_at IS NOT NULL)", name="ticket"
        ),
        *(
            sa.CheckConstraint(f"status NOT IN ('{status}') OR {stamp} IS NOT NULL", name=stamp)
            for status, stamp in (
                ("accepted", "decided_at"),
                ("allocated", "allocated_at"),
                ("waitlisted", "waitlisted_at"),
                ("refused", "refused_at"),
                ("withdrawn", "withdrawn_at"),
            )
        ),
    )
    op.create_index(
        "uq_applications_live",
        "applications",
        ["call_id", "organisation_id"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('refused', 'withdrawn')"),
    )
    op.create_index("ix_applications_organisation_id", "applications", ["organisation_id"])
    op.create_table(
        "evidence",
        sa.Column("id", sa.Uuid(), primary_key=True, server_default=sa.text("gen_random_uuid()")),
        sa.Column("application_id", sa.Uuid(), sa.ForeignKey("applications.id"), nullable=False, index=True),
        sa.Column("file_id", sa.Uuid(), sa.ForeignKey("files.id"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("created_at", STAMP, nullable=False, server_default=sa.text("app_now()")),
    )
    op.create_table(
        "assessments",
        sa.Column("id", sa.Uuid(), primary_key=True, server_default=sa.text("gen_random_uuid()")),
        sa.Column("application_id", sa.Uuid(), sa.ForeignKey("applications.id"), nullable=False, index=True),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("standard_date", sa.Date(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("inputs", JSONB(), nullable=False),
        sa.Column("rules", JSONB(), nullable=False),
        sa.Column("evidence", JSONB(), nullable=False),
        sa.Column("assessed_by", sa.Uuid(), sa.ForeignKey("people.id")),
        sa.Column("assessed_at", STAMP, nullable=False),
        sa.CheckConstraint("result IN ('eligible', 'not_eligible', 'undetermined')", name="result"),
        sa.CheckConstraint("occasion IN ('submission', 'allocation', 'redemption', 'payment')", name="occasion"),
    )


def _allocation() -> None:
    op.create_table(
        "allocations",
        sa.Column("id", sa.Uuid(), primary_key=True, server_default=sa.text("gen_random_uuid()")),
        sa.Column("call_id", sa.Uuid(), sa.ForeignKey("calls.id"), nullable=False, unique=True),
        sa.Column("opening", JSONB(), nullable=False),
        sa.Column("started_by", sa.Uuid(), sa.ForeignKey("people.id")),
        sa.Column("started_at", STAMP, nullable=False),
        sa.Column("finished_at", STAMP),
    )
    op.create_table(
        "allocation_entries",
        sa.Column("id", sa.Uuid(), primary_key=True, server_default=sa.text("gen_random_uuid()")),
        sa.Column("call_id", sa.Uuid(), sa.ForeignKey("calls.id"), nullable=False),
        sa.Column("application_id", sa.Uuid(), sa.ForeignKey("applications.id"), nullable=False),
        sa.Column("wave", sa.BigInteger(), nullable=False),
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("position", sa.Integer()),
        sa.Column("parts", JSONB(), nullable=False),
        sa.Column("decided_at", STAMP, nullable=False),
        sa.UniqueConstraint("application_id", "outcome"),
        sa.CheckConstraint("outcome IN ('allocated', 'waitlisted', 'refused')", name="outcome"),
    )
    op.create_index("ix_allocation_entries_call_id_ticket", "allocation_entries", ["call_id", "ticket"])


def _vouchers() -> None:
    op.create_table(
        "vouchers",
        sa.Column("id", sa.Uuid(), primary_key=True, server_default=sa.text("gen_random_uuid()")),
        sa.Column("number", sa.Text(), nullable=False, unique=True),
        sa.Column("code", sa.Text(), nullable=False, unique=True),
        sa.Column("application_id", sa.Uuid(), sa.ForeignKey("applications.id"), nullable=False, unique=True),
        sa.Column("call_id", sa.Uuid(), sa.ForeignKey("calls.id"), nullable=False, index=True),
        sa.Column("programme_id", sa.Uuid(), sa.ForeignKey("programmes.id"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("released", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("one_active", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("issued_at", STAMP, nullable=False),
        sa.Column("expires_at", STAMP, nullable=False),
        sa.Column("suspended_at", STAMP),
        sa.Column("exhausted_at", STAMP),
        sa.Column("expired_at", STAMP),
        sa.Column("surrendered_at", STAMP),
        sa.Column("revoked_at", STAMP),
        sa.CheckConstraint(
            "status IN ('issued', 'suspended', 'exhausted', 'expired', 'surrendered', 'revoked')", name="status"
        ),
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("released BETWEEN 0 AND amount", name="released"),
        sa.CheckConstraint("issued_at < expires_at", name="expires_at"),
        *(
            sa.CheckConstraint(f"status NOT IN ('{status}') OR {status}_at IS NOT NULL", name=f"{status}_at")
            for status in ("suspended", "exhausted", "expired", "surrendered", "revoked")
        ),
    )
    op.create_index(
        "uq_vouchers_one_active",
        "vouchers",
        ["programme_id", "organisation_id"],
        unique=True,
        postgresql_where=sa.text("one_active AND status IN ('issued', 'suspended')"),
    )
    op.create_index("ix_vouchers_organisation_id", "vouchers", ["organisation_id"])
    op.create_index(
        "ix_vouchers_expiring",
        "vouchers",
        ["expires_at"],
        postgresql_where=sa.text("status IN ('issued', 'suspended')"),
    )


def downgrade() -> None:
    for table in ("vouchers", "allocation_entries", "allocations", "assessments", "evidence", "applications"):
        op.drop_table(table)
    for function in ("refuse_changed_voucher", "refuse_changed_answer", "refuse_changed_application"):
        op.execute(f"DROP FUNCTION {function}()")
    for name in ("number_app", "number_vou", "application_tickets", "waitlist_waves"):
        op.execute(f"DROP SEQUENCE {name}")
