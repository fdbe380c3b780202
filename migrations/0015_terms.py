"""Terms of money: cost categories, caps, the life of a voucher in parts, its one extension and its reminders."""

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

CATEGORIES = """
CREATE FUNCTION sum_of_values(parts jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(sum(value::bigint), 0)::bigint FROM jsonb_each_text(parts)
$$;

ALTER TABLE programmes ADD COLUMN cost_categories jsonb NOT NULL DEFAULT '{"consulting": 100}',
    ADD CONSTRAINT ck_programmes_cost_categories CHECK (sum_of_values(cost_categories) = 100);
ALTER TABLE cost_shares ADD COLUMN category text NOT NULL DEFAULT 'consulting',
    DROP CONSTRAINT uq_cost_shares_programme_id_funder_id,
    ADD CONSTRAINT uq_cost_shares_programme_id_category_funder_id
        UNIQUE NULLS NOT DISTINCT (programme_id, category, funder_id);

-- What is published is frozen, so the shares of each category are whole from then on.
CREATE FUNCTION refuse_partial_shares() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM jsonb_object_keys(NEW.cost_categories) AS code
                WHERE 10000 IS DISTINCT FROM (SELECT sum(basis_points) FROM cost_shares
                                               WHERE programme_id = NEW.id AND category = code))
       OR EXISTS (SELECT FROM cost_shares WHERE programme_id = NEW.id AND NOT NEW.cost_categories ? category) THEN
        RAISE EXCEPTION 'the cost shares of each category sum to 100 per cent'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'cost_shares_whole';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER programmes_whole AFTER INSERT OR UPDATE ON programmes
    FOR EACH ROW WHEN (NEW.status = 'published') EXECUTE FUNCTION refuse_partial_shares();
"""

# By category of cost: what a bid asks, what an agreement gives, and from which budget line.
PARTS = """
ALTER TABLE jobs ADD COLUMN cost_categories jsonb NOT NULL DEFAULT '["consulting"]';
ALTER TABLE bid_contents ADD COLUMN price_parts jsonb;
ALTER TABLE agreements ADD COLUMN aid_parts jsonb,
    ADD CONSTRAINT ck_agreements_aid_parts CHECK (aid_parts IS NULL OR sum_of_values(aid_parts) = aid);
ALTER TABLE agreement_stages ADD COLUMN cost_parts jsonb;
CREATE TRIGGER keep_aid_parts BEFORE UPDATE ON agreements
    FOR EACH ROW WHEN (OLD.aid_parts IS DISTINCT FROM NEW.aid_parts) EXECUTE FUNCTION refuse_change();
"""

DOWN = """
DROP TRIGGER keep_aid_parts ON agreements;
ALTER TABLE agreement_stages DROP COLUMN cost_parts;
ALTER TABLE agreements DROP COLUMN aid_parts;
ALTER TABLE bid_contents DROP COLUMN price_parts;
ALTER TABLE jobs DROP COLUMN cost_categories;
DROP TRIGGER programmes_whole ON programmes;
DROP FUNCTION refuse_partial_shares();
ALTER TABLE cost_shares DROP CONSTRAINT uq_cost_shares_programme_id_category_funder_id, DROP COLUMN category,
    ADD CONSTRAINT uq_cost_shares_programme_id_funder_id UNIQUE NULLS NOT DISTINCT (programme_id, funder_id);
ALTER TABLE programmes DROP COLUMN cost_categories;
DROP FUNCTION sum_of_values(jsonb);
"""


def upgrade() -> None:
    op.execute(CATEGORIES)
    op.execute(PARTS)
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
    op.execute(DOWN)
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
