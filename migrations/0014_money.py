"""Money: stages for refunds, receivables and what goes back to funders; the requests that moved money."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"

BEFORE = (
    "source",
    "available",
    "reserved",
    "committed",
    "payable",
    "paid",
    "bank",
    "co_payment",
    "co_payment_payable",
    "co_payment_paid",
)
NEW = ("refundable", "refunded", "obligation", "receivable", "income", "returned")

# What was asked is never changed; the answer is written once.
KEEP = """
CREATE FUNCTION keep_money_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.answer_id IS NOT NULL OR (to_jsonb(NEW) - 'answer_id') <> (to_jsonb(OLD) - 'answer_id') THEN
        RAISE EXCEPTION 'a money request is answered once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER kept BEFORE UPDATE ON money_requests FOR EACH ROW EXECUTE FUNCTION keep_money_request();
CREATE TRIGGER append_only BEFORE DELETE ON money_requests FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON money_requests FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    _allow_stages((*BEFORE, *NEW))
    op.create_table(
        "money_requests",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("request", JSONB(), nullable=False),
        sa.Column("person_id", sa.Uuid(), sa.ForeignKey("people.id")),
        sa.Column("answer_id", sa.Uuid()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("app_now()")),
    )
    op.execute(KEEP)


def downgrade() -> None:
    op.drop_table("money_requests")
    op.execute("DROP FUNCTION keep_money_request()")
    _allow_stages(BEFORE)


def _allow_stages(stages: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{stage}'" for stage in stages)
    op.execute("ALTER TABLE ledger_accounts DROP CONSTRAINT ck_ledger_accounts_stage")
    op.execute(f"ALTER TABLE ledger_accounts ADD CONSTRAINT ck_ledger_accounts_stage CHECK (stage IN ({listed}))")
