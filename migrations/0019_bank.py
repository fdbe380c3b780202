"""The bank: entries assigned, refunds, reverse flows, and engagements ended early."""

from alembic import op

revision = "0019"
down_revision = "0018"

REFUNDS = """
CREATE SEQUENCE number_ref;

CREATE TABLE refunds (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    number text NOT NULL,
    engagement_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    reason text NOT NULL,
    status text NOT NULL,
    requested_by uuid,
    requested_at timestamptz NOT NULL,
    holder_name text NOT NULL,
    account_number text NOT NULL,
    bank_name text NOT NULL,
    account_changed_by uuid,
    account_changed_at timestamptz,
    batched_at timestamptz,
    paid_at timestamptz,
    bounced_at timestamptz,
    CONSTRAINT pk_refunds PRIMARY KEY (id),
    CONSTRAINT ck_refunds_status CHECK (status IN ('awaiting', 'batched', 'paid')),
    CONSTRAINT ck_refunds_batched_at CHECK (status NOT IN ('batched', 'paid') OR batched_at IS NOT NULL),
    CONSTRAINT ck_refunds_paid_at CHECK (status NOT IN ('paid') OR paid_at IS NOT NULL),
    CONSTRAINT ck_refunds_account_number CHECK (status = 'awaiting' OR account_number <> ''),
    CONSTRAINT ck_refunds_account_changed CHECK ((account_changed_at IS NULL) = (account_changed_by IS NULL)),
    CONSTRAINT ck_refunds_amount CHECK (amount > 0),
    CONSTRAINT ck_refunds_reason CHECK (reason <> ''),
    CONSTRAINT uq_refunds_number UNIQUE (number),
    CONSTRAINT fk_refunds_engagement_id_engagements FOREIGN KEY (engagement_id) REFERENCES engagements (id),
    CONSTRAINT fk_refunds_organisation_id_organisations FOREIGN KEY (organisation_id) REFERENCES organisations (id),
    CONSTRAINT fk_refunds_requested_by_people FOREIGN KEY (requested_by) REFERENCES people (id),
    CONSTRAINT fk_refunds_account_changed_by_people FOREIGN KEY (account_changed_by) REFERENCES people (id)
);
CREATE INDEX ix_refunds_engagement_id ON refunds (engagement_id);
CREATE INDEX ix_refunds_organisation_id ON refunds (organisation_id);
REVOKE DELETE ON refunds FROM app;

ALTER TABLE payment_lines ALTER COLUMN claim_id DROP NOT NULL, ALTER COLUMN bank_account_id DROP NOT NULL,
    ADD COLUMN refund_id uuid CONSTRAINT fk_payment_lines_refund_id_refunds REFERENCES refunds (id),
    ADD CONSTRAINT ck_payment_lines_subject CHECK ((claim_id IS NULL) <> (refund_id IS NULL)),
    ADD CONSTRAINT ck_payment_lines_bank_account_id CHECK ((claim_id IS NULL) = (bank_account_id IS NULL));
CREATE UNIQUE INDEX uq_payment_lines_refund_id ON payment_lines (refund_id) WHERE status IN ('pending', 'paid');

ALTER TABLE bank_entries ADD COLUMN debtor_bank text NOT NULL DEFAULT '';
ALTER TABLE co_payments ADD COLUMN payer_bank text;
"""

# A refund waits while payments of its engagement are held, and leaves by another hand than the one that asked for it.
REFUND_GUARDS = """
CREATE FUNCTION check_refund_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held uuid;
BEGIN
    SELECT engagement_id INTO held FROM refunds WHERE id = NEW.refund_id;
    PERFORM 1 FROM engagements WHERE id = held FOR SHARE;
    IF EXISTS (SELECT 1 FROM holds WHERE engagement_id = held AND status = 'active' AND until_at > app_now()) THEN
        RAISE EXCEPTION 'payments of this engagement are held'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_lines_held';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_refund_line BEFORE INSERT ON payment_lines
    FOR EACH ROW WHEN (NEW.refund_id IS NOT NULL) EXECUTE FUNCTION check_refund_line();

CREATE FUNCTION check_sent_refunds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM payment_lines JOIN refunds ON refunds.id = payment_lines.refund_id
        WHERE payment_lines.batch_id = NEW.id AND payment_lines.status = 'pending'
            AND refunds.requested_by = NEW.sent_by
    ) THEN
        RAISE EXCEPTION 'whoever asked for a refund does not send it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_batches_payer';
    END IF;
    PERFORM 1 FROM engagements WHERE id IN (
        SELECT refunds.engagement_id FROM payment_lines JOIN refunds ON refunds.id = payment_lines.refund_id
        WHERE payment_lines.batch_id = NEW.id AND payment_lines.status = 'pending'
    ) ORDER BY id FOR SHARE;
    IF EXISTS (
        SELECT 1 FROM payment_lines JOIN refunds ON refunds.id = payment_lines.refund_id
        JOIN holds ON holds.engagement_id = refunds.engagement_id
        WHERE payment_lines.batch_id = NEW.id AND payment_lines.status = 'pending'
            AND holds.status = 'active' AND holds.until_at > app_now()
    ) THEN
        RAISE EXCEPTION 'payments of an engagement in this batch are held'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_lines_held';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_sent_refunds BEFORE UPDATE OF sent_by ON payment_batches
    FOR EACH ROW WHEN (NEW.sent_by IS NOT NULL) EXECUTE FUNCTION check_sent_refunds();
"""

TERMINATION = """
ALTER TABLE engagements
    ADD COLUMN terminated_at timestamptz,
    ADD COLUMN terminated_by uuid CONSTRAINT fk_engagements_terminated_by_people REFERENCES people (id),
    ADD COLUMN termination_reason text,
    DROP CONSTRAINT ck_engagements_status,
    DROP CONSTRAINT ck_engagements_started_at,
    ADD CONSTRAINT ck_engagements_status
        CHECK (status IN ('awaiting_co_payment', 'active', 'finished', 'lapsed', 'terminated')),
    ADD CONSTRAINT ck_engagements_started_at
        CHECK (status NOT IN ('active', 'finished', 'terminated') OR started_at IS NOT NULL),
    ADD CONSTRAINT ck_engagements_terminated_at CHECK (status NOT IN ('terminated') OR terminated_at IS NOT NULL),
    ADD CONSTRAINT ck_engagements_termination CHECK ((terminated_at IS NULL) = (terminated_by IS NULL)
        AND (terminated_at IS NULL OR coalesce(termination_reason, '') <> ''));
ALTER TABLE stages
    ADD COLUMN ended_at timestamptz,
    DROP CONSTRAINT ck_stages_status,
    ADD CONSTRAINT ck_stages_status CHECK (status IN ('waiting', 'open', 'delivered', 'accepted', 'ended')),
    ADD CONSTRAINT ck_stages_ended_at CHECK (status NOT IN ('ended') OR ended_at IS NOT NULL);

-- What ended early stays ended: no stage of it is worked on or accepted afterwards.
CREATE FUNCTION check_stage_under_way() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM engagements WHERE id = NEW.engagement_id AND status = 'terminated' FOR SHARE;
    IF FOUND THEN
        RAISE EXCEPTION 'the engagement has ended early'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_stages_under_way';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_stage_under_way BEFORE UPDATE OF status ON stages
    FOR EACH ROW WHEN (NEW.status IS DISTINCT FROM OLD.status) EXECUTE FUNCTION check_stage_under_way();
"""

TERMINATION_UNDONE = """
DROP TRIGGER check_stage_under_way ON stages;
DROP FUNCTION check_stage_under_way();
UPDATE stages SET status = 'waiting' WHERE status = 'ended';
UPDATE engagements SET status = 'finished', finished_at = terminated_at WHERE status = 'terminated';
ALTER TABLE stages
    DROP COLUMN ended_at,
    DROP CONSTRAINT ck_stages_status,
    ADD CONSTRAINT ck_stages_status CHECK (status IN ('waiting', 'open', 'delivered', 'accepted'));
ALTER TABLE engagements
    DROP CONSTRAINT ck_engagements_status,
    DROP CONSTRAINT ck_engagements_started_at,
    DROP COLUMN terminated_at, DROP COLUMN terminated_by, DROP COLUMN termination_reason,
    ADD CONSTRAINT ck_engagements_status CHECK (status IN ('awaiting_co_payment', 'active', 'finished', 'lapsed')),
    ADD CONSTRAINT ck_engagements_started_at CHECK (status NOT IN ('active', 'finished') OR started_at IS NOT NULL);
"""

# What arrives is booked at once; an officer says later what it is, and that is kept beside the bank's own words.
UNMATCHED = """
ALTER TABLE bank_entries ADD COLUMN payer text NOT NULL DEFAULT '', DROP CONSTRAINT ck_bank_entries_outcome,
    ADD CONSTRAINT ck_bank_entries_outcome
        CHECK (outcome IN ('paid', 'returned', 'co_payment', 'receivable', 'unmatched'));
CREATE TABLE bank_assignments (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    entry_id uuid NOT NULL,
    kind text NOT NULL,
    co_payment_id uuid,
    reason text NOT NULL,
    assigned_by uuid NOT NULL,
    assigned_at timestamptz NOT NULL,
    CONSTRAINT pk_bank_assignments PRIMARY KEY (id),
    CONSTRAINT ck_bank_assignments_kind CHECK (kind IN ('co_payment', 'sent_back', 'explained')),
    CONSTRAINT ck_bank_assignments_co_payment_id CHECK ((kind = 'co_payment') = (co_payment_id IS NOT NULL)),
    CONSTRAINT ck_bank_assignments_reason CHECK (reason <> ''),
    CONSTRAINT uq_bank_assignments_entry_id UNIQUE (entry_id),
    CONSTRAINT fk_bank_assignments_entry_id_bank_entries FOREIGN KEY (entry_id) REFERENCES bank_entries (id),
    CONSTRAINT fk_bank_assignments_co_payment_id_co_payments FOREIGN KEY (co_payment_id) REFERENCES co_payments (id),
    CONSTRAINT fk_bank_assignments_assigned_by_people FOREIGN KEY (assigned_by) REFERENCES people (id)
);
REVOKE UPDATE, DELETE ON bank_assignments FROM app;
ALTER TABLE payment_lines
    ADD COLUMN account_confirmed_by uuid
        CONSTRAINT fk_payment_lines_account_confirmed_by_people REFERENCES people (id),
    ADD COLUMN account_confirmed_at timestamptz,
    ADD CONSTRAINT ck_payment_lines_account_confirmed CHECK (account_confirmed_at IS NULL
        OR (account_confirmed_by IS NOT NULL AND status = 'returned'));
"""

UNMATCHED_UNDONE = """
ALTER TABLE payment_lines DROP CONSTRAINT ck_payment_lines_account_confirmed,
    DROP COLUMN account_confirmed_at, DROP COLUMN account_confirmed_by;
DROP TABLE bank_assignments;
UPDATE bank_entries SET outcome = 'unmatched' WHERE outcome = 'receivable';
ALTER TABLE bank_entries DROP COLUMN payer, DROP CONSTRAINT ck_bank_entries_outcome,
    ADD CONSTRAINT ck_bank_entries_outcome CHECK (outcome IN ('paid', 'returned', 'co_payment', 'unmatched'));
"""

STAGES = """'source', 'available', 'reserved', 'committed', 'payable', 'paid', 'bank', 'co_payment', 'co_payment_payable',
    'co_payment_paid', 'refundable', 'refunded', 'obligation', 'receivable', 'income', 'returned'"""


def _allow_stages(listed: str) -> None:
    op.execute("ALTER TABLE ledger_accounts DROP CONSTRAINT ck_ledger_accounts_stage")
    op.execute(f"ALTER TABLE ledger_accounts ADD CONSTRAINT ck_ledger_accounts_stage CHECK (stage IN ({listed}))")


def _allow_occasions(listed: str) -> None:
    op.execute("ALTER TABLE ethics_checks DROP CONSTRAINT ck_ethics_checks_occasion")
    op.execute(f"ALTER TABLE ethics_checks ADD CONSTRAINT ck_ethics_checks_occasion CHECK (occasion IN ({listed}))")


def upgrade() -> None:
    """Make the tables and guards."""
    for part in (REFUNDS, REFUND_GUARDS, TERMINATION, UNMATCHED):
        op.execute(part)
    _allow_stages(f"{STAGES}, 'suspense'")
    _allow_occasions("'finish', 'survey', 'co_payment'")


def downgrade() -> None:
    """Take them back; what only they could hold goes with them."""
    op.execute("DELETE FROM ethics_checks WHERE occasion = 'co_payment'")
    _allow_occasions("'finish', 'survey'")
    _allow_stages(STAGES)
    op.execute(UNMATCHED_UNDONE)
    op.execute(TERMINATION_UNDONE)
    op.execute("DROP TRIGGER check_sent_refunds ON payment_batches; DROP FUNCTION check_sent_refunds()")
    op.execute("DROP TRIGGER check_refund_line ON payment_lines; DROP FUNCTION check_refund_line()")
    op.execute("DELETE FROM payment_lines WHERE refund_id IS NOT NULL")
    op.execute(
        "ALTER TABLE payment_lines DROP COLUMN refund_id, DROP CONSTRAINT IF EXISTS ck_payment_lines_subject,"
        " DROP CONSTRAINT ck_payment_lines_bank_account_id, ALTER COLUMN claim_id SET NOT NULL,"
        " ALTER COLUMN bank_account_id SET NOT NULL"
    )
    op.execute("DROP TABLE refunds")
    op.execute("DROP SEQUENCE number_ref")
    op.execute("ALTER TABLE bank_entries DROP COLUMN debtor_bank")
    op.execute("ALTER TABLE co_payments DROP COLUMN payer_bank")
