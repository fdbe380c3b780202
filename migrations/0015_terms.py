"""Terms of money: caps, the life of a voucher in parts, its one extension and its reminders."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0014"

HOLDER = """
    IF (NEW.amount, NEW.currency, NEW.code, NEW.number, NEW.organisation_id, NEW.application_id, NEW.programme_id,
        NEW.call_id, NEW.issued_at, NEW.one_active)
       IS DISTINCT FROM
       (OLD.amount, OLD.currency, OLD.code, OLD.number, OLD.organisation_id, OLD.application_id, OLD.programme_id,
        OLD.call_id, OLD.issued_at, OLD.one_active) THEN
        RAISE EXCEPTION 'a voucher keeps its holder and amount'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
"""
# Its end moves once, later, while it is valid, and with the extension that says who and why.
ONCE = """
    IF NEW.expires_at <> OLD.expires_at AND (OLD.extended_at IS NOT NULL OR NEW.extended_at IS NULL
                                             OR NEW.expires_at < OLD.expires_at OR OLD.expires_at <= app_now())
       OR OLD.extended_at IS NOT NULL AND (NEW.extended_at, NEW.extended_by, NEW.extension_reason)
                                          IS DISTINCT FROM (OLD.extended_at, OLD.extended_by, OLD.extension_reason) THEN
        RAISE EXCEPTION 'a voucher is extended once, before it expires'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'voucher_extended_once';
    END IF;
"""


def upgrade() -> None:
    op.add_column("programmes", sa.Column("sme_cap", sa.BigInteger()))
    op.add_column("programmes", sa.Column("extension_days", sa.Integer(), nullable=False, server_default="0"))
    _check("programmes", "aid_cap_months", "(aid_cap IS NULL AND sme_cap IS NULL) = (aid_cap_months IS NULL)")
    _check("programmes", "sme_cap", "sme_cap IS NULL OR sme_cap >= voucher_amount")
    _check("programmes", "extension_days", "extension_days BETWEEN 0 AND 3660")
    op.add_column("vouchers", sa.Column("extended_at", sa.DateTime(timezone=True)))
    op.add_column("vouchers", sa.Column("extended_by", sa.Uuid(), sa.ForeignKey("people.id")))
    op.add_column("vouchers", sa.Column("extension_reason", sa.Text()))
    op.add_column("vouchers", sa.Column("reminded_percent", sa.Integer(), nullable=False, server_default="0"))
    _check("vouchers", "extension_reason", "(extended_at IS NULL) = (extension_reason IS NULL)")
    _check("vouchers", "reminded_percent", "reminded_percent BETWEEN 0 AND 100")
    _keep_vouchers(HOLDER + ONCE)
    op.add_column("allocation_entries", sa.Column("detail", JSONB()))


def downgrade() -> None:
    op.drop_column("allocation_entries", "detail")
    _keep_vouchers(HOLDER)
    for column in ("reminded_percent", "extension_reason", "extended_by", "extended_at"):
        op.drop_column("vouchers", column)
    op.drop_column("programmes", "extension_days")
    op.drop_column("programmes", "sme_cap")
    _check("programmes", "aid_cap_months", "(aid_cap IS NULL) = (aid_cap_months IS NULL)")


def _check(table: str, name: str, condition: str) -> None:
    """Put a CHECK in the place of the one of this name, if there is one."""
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS ck_{table}_{name}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({condition})")


def _keep_vouchers(rules: str) -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_changed_voucher() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        f"BEGIN{rules}    RETURN NEW;\nEND $$"
    )
