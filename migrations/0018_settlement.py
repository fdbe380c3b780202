"""Settlement: clocks, risk, the random sample, partial and dual approval."""

from alembic import op

revision = "0018"
down_revision = "0017"

STATUSES = "'submitted', 'checked', 'returned', 'withdrawn', 'approved', 'batched', 'paid'"

CLAIMS = """
ALTER TABLE claims
    ADD COLUMN route text NOT NULL DEFAULT 'people',
    ADD COLUMN needs_two boolean NOT NULL DEFAULT false,
    ADD COLUMN clock_starts_at timestamptz,
    ADD COLUMN requests smallint NOT NULL DEFAULT 0,
    ADD COLUMN answer text,
    ADD COLUMN first_approved_by uuid CONSTRAINT fk_claims_first_approved_by_people REFERENCES people (id),
    ADD COLUMN first_approved_at timestamptz,
    ADD COLUMN approved_amount bigint,
    ADD COLUMN approved_aid bigint,
    ADD COLUMN approved_co_payment bigint,
    ADD COLUMN refused_by uuid CONSTRAINT fk_claims_refused_by_people REFERENCES people (id),
    ADD COLUMN refused_at timestamptz,
    ADD COLUMN refusal_reason text;
UPDATE claims SET clock_starts_at = coalesce(resubmitted_at, submitted_at),
    requests = CASE WHEN returned_at IS NULL THEN 0 ELSE 1 END,
    approved_amount = CASE WHEN status IN ('approved', 'batched', 'paid') THEN net_amount END,
    approved_aid = CASE WHEN status IN ('approved', 'batched', 'paid') THEN aid END,
    approved_co_payment = CASE WHEN status IN ('approved', 'batched', 'paid') THEN co_payment END;
ALTER TABLE claims ALTER COLUMN clock_starts_at SET NOT NULL;

ALTER TABLE claim_lines
    ADD COLUMN approved_aid bigint,
    ADD COLUMN approved_co_payment bigint,
    ADD COLUMN cut_reason text;
UPDATE claim_lines SET approved_aid = claim_lines.aid, approved_co_payment = claim_lines.co_payment
    FROM claims WHERE claims.id = claim_lines.claim_id AND claims.approved_amount IS NOT NULL;
ALTER TABLE claim_lines
    ADD CONSTRAINT ck_claim_lines_approved
        CHECK (approved_aid BETWEEN 0 AND aid AND approved_co_payment BETWEEN 0 AND co_payment),
    ADD CONSTRAINT ck_claim_lines_decided CHECK ((approved_aid IS NULL) = (approved_co_payment IS NULL)),
    ADD CONSTRAINT ck_claim_lines_cut_reason
        CHECK (approved_aid + approved_co_payment = aid + co_payment OR coalesce(cut_reason, '') <> '');

ALTER TABLE claims
    DROP CONSTRAINT ck_claims_status,
    DROP CONSTRAINT ck_claims_checked_by,
    DROP CONSTRAINT ck_claims_checked_at,
    DROP CONSTRAINT ck_claims_approved_by,
    DROP CONSTRAINT ck_claims_four_eyes;
ALTER TABLE claims
    ADD CONSTRAINT ck_claims_status CHECK (status IN ('submitted', 'checked', 'returned', 'withdrawn', 'approved',
        'first_approved', 'refused', 'batched', 'paid')),
    ADD CONSTRAINT ck_claims_route CHECK (route IN ('straight_through', 'people')),
    ADD CONSTRAINT ck_claims_straight_through CHECK (route <> 'straight_through'
        OR (checked_by IS NULL AND first_approved_by IS NULL AND approved_by IS NULL AND NOT needs_two)),
    ADD CONSTRAINT ck_claims_requests CHECK (requests BETWEEN 0 AND 1),
    ADD CONSTRAINT ck_claims_checked_by CHECK (route = 'straight_through'
        OR (status NOT IN ('checked', 'first_approved', 'approved', 'batched', 'paid') OR checked_by IS NOT NULL)),
    ADD CONSTRAINT ck_claims_checked_at CHECK (route = 'straight_through'
        OR (status NOT IN ('checked', 'first_approved', 'approved', 'batched', 'paid') OR checked_at IS NOT NULL)),
    ADD CONSTRAINT ck_claims_approved_by CHECK (route = 'straight_through'
        OR (status NOT IN ('approved', 'batched', 'paid') OR approved_by IS NOT NULL)),
    ADD CONSTRAINT ck_claims_first_approved_by
        CHECK (status NOT IN ('first_approved') OR first_approved_by IS NOT NULL),
    ADD CONSTRAINT ck_claims_first_approved_at
        CHECK (status NOT IN ('first_approved') OR first_approved_at IS NOT NULL),
    ADD CONSTRAINT ck_claims_two_approvals CHECK (NOT needs_two
        OR (status NOT IN ('approved', 'batched', 'paid') OR first_approved_by IS NOT NULL)),
    ADD CONSTRAINT ck_claims_four_eyes CHECK (approved_by <> checked_by AND approved_by <> submitted_by
        AND approved_by <> first_approved_by AND first_approved_by <> checked_by AND first_approved_by <> submitted_by),
    ADD CONSTRAINT ck_claims_refused_by CHECK (refused_by <> checked_by AND refused_by <> submitted_by),
    ADD CONSTRAINT ck_claims_refused CHECK (status <> 'refused' OR (refused_by IS NOT NULL AND refused_at IS NOT NULL
        AND coalesce(refusal_reason, '') <> '' AND approved_amount IS NOT DISTINCT FROM 0)),
    ADD CONSTRAINT ck_claims_approved
        CHECK (approved_aid BETWEEN 0 AND aid AND approved_co_payment BETWEEN 0 AND co_payment),
    ADD CONSTRAINT ck_claims_approved_shares CHECK (approved_amount = approved_aid + approved_co_payment
        AND num_nulls(approved_amount, approved_aid, approved_co_payment) IN (0, 3)),
    ADD CONSTRAINT ck_claims_something_approved
        CHECK (status NOT IN ('first_approved', 'approved', 'batched', 'paid') OR coalesce(approved_amount, 0) > 0);
"""

TABLES = """
CREATE TABLE claim_assessments (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    claim_id uuid NOT NULL,
    occasion text NOT NULL,
    facts jsonb NOT NULL,
    signals jsonb NOT NULL,
    score integer NOT NULL,
    low_points integer NOT NULL,
    sample_share integer NOT NULL,
    seed text NOT NULL,
    draw integer NOT NULL,
    sampled boolean NOT NULL,
    route text NOT NULL,
    created_at timestamptz DEFAULT app_now() NOT NULL,
    CONSTRAINT pk_claim_assessments PRIMARY KEY (id),
    CONSTRAINT uq_claim_assessments_claim_id_occasion UNIQUE (claim_id, occasion),
    CONSTRAINT ck_claim_assessments_occasion CHECK (occasion IN ('submission', 'approval')),
    CONSTRAINT ck_claim_assessments_route CHECK (route IN ('straight_through', 'people')),
    CONSTRAINT ck_claim_assessments_draw CHECK (draw BETWEEN 0 AND 9999),
    CONSTRAINT ck_claim_assessments_sampled CHECK (sampled = (draw < sample_share)),
    CONSTRAINT ck_claim_assessments_low_risk CHECK (route = 'people' OR (NOT sampled AND score <= low_points)),
    CONSTRAINT fk_claim_assessments_claim_id_claims FOREIGN KEY (claim_id) REFERENCES claims (id)
);

CREATE TABLE claim_escalations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    claim_id uuid NOT NULL,
    step text NOT NULL,
    level smallint NOT NULL,
    told_at timestamptz DEFAULT app_now() NOT NULL,
    CONSTRAINT pk_claim_escalations PRIMARY KEY (id),
    CONSTRAINT uq_claim_escalations_claim_id_step_level UNIQUE (claim_id, step, level),
    CONSTRAINT ck_claim_escalations_step CHECK (step IN ('check', 'approve', 'pay')),
    CONSTRAINT ck_claim_escalations_level CHECK (level IN (1, 2)),
    CONSTRAINT fk_claim_escalations_claim_id_claims FOREIGN KEY (claim_id) REFERENCES claims (id)
);
REVOKE UPDATE, DELETE ON claim_assessments, claim_escalations FROM app;
"""

# The engagement's row is locked here and where a hold is placed: neither misses the other.
GUARDS = """
CREATE FUNCTION check_claim_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status NOT IN ('first_approved', 'approved') OR OLD.status NOT IN ('submitted', 'checked', 'first_approved')
    THEN
        RETURN NEW;
    END IF;
    PERFORM 1 FROM engagements WHERE id = NEW.engagement_id FOR SHARE;
    IF EXISTS (
        SELECT 1 FROM holds
         WHERE engagement_id = NEW.engagement_id AND status = 'active' AND until_at > app_now()
    ) THEN
        RAISE EXCEPTION 'payments of this engagement are held'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_lines_held';
    END IF;
    IF EXISTS (
        SELECT 1 FROM claim_lines WHERE claim_id = NEW.id
        HAVING sum(approved_aid) IS DISTINCT FROM NEW.approved_aid
            OR sum(approved_co_payment) IS DISTINCT FROM NEW.approved_co_payment
    ) THEN
        RAISE EXCEPTION 'the approved amount is the sum of its lines'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_claims_approved_lines';
    END IF;
    IF NEW.route = 'straight_through' AND NOT EXISTS (
        SELECT 1 FROM claim_assessments
         WHERE claim_id = NEW.id AND occasion = 'approval' AND route = 'straight_through'
    ) THEN
        RAISE EXCEPTION 'nothing was decided that lets this claim through without a person'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_claims_assessed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_claim_approval BEFORE UPDATE ON claims FOR EACH ROW EXECUTE FUNCTION check_claim_approval();

-- What was decided about a claim when it was handed in stays: how many approvals it needs.
CREATE FUNCTION keep_needs_two() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.needs_two AND NOT NEW.needs_two OR NEW.requests < OLD.requests THEN
        RAISE EXCEPTION 'a second approval stays needed and a request stays made' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_needs_two BEFORE UPDATE ON claims FOR EACH ROW EXECUTE FUNCTION keep_needs_two();
"""

# Whoever approved a claim, as the first or the second, doesn't send its payment.
SENT = """
CREATE OR REPLACE FUNCTION check_sent_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sent_by IS NULL OR NEW.sent_by IS NOT DISTINCT FROM OLD.sent_by THEN
        RETURN NEW;
    END IF;
    IF EXISTS (
        SELECT 1 FROM payment_lines JOIN claims ON claims.id = payment_lines.claim_id
        WHERE payment_lines.batch_id = NEW.id AND payment_lines.status = 'pending' AND {approvers}
    ) THEN
        RAISE EXCEPTION 'whoever approved a claim does not send its payment'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_batches_payer';
    END IF;
    PERFORM 1 FROM engagements WHERE id IN (
        SELECT claims.engagement_id FROM payment_lines JOIN claims ON claims.id = payment_lines.claim_id
        WHERE payment_lines.batch_id = NEW.id AND payment_lines.status = 'pending'
    ) ORDER BY id FOR SHARE;
    IF EXISTS (
        SELECT 1 FROM payment_lines JOIN claims ON claims.id = payment_lines.claim_id
        JOIN holds ON holds.engagement_id = claims.engagement_id
        WHERE payment_lines.batch_id = NEW.id AND payment_lines.status = 'pending'
            AND holds.status = 'active' AND holds.until_at > app_now()
    ) THEN
        RAISE EXCEPTION 'payments of an engagement in this batch are held'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_lines_held';
    END IF;
    RETURN NEW;
END $$;
"""

BEFORE = f"""
DROP TRIGGER check_claim_approval ON claims;
DROP TRIGGER keep_needs_two ON claims;
DROP FUNCTION check_claim_approval, keep_needs_two;
DROP TABLE claim_assessments, claim_escalations;
ALTER TABLE claims
    DROP CONSTRAINT ck_claims_status,
    DROP CONSTRAINT ck_claims_checked_by,
    DROP CONSTRAINT ck_claims_checked_at,
    DROP CONSTRAINT ck_claims_approved_by,
    DROP CONSTRAINT ck_claims_four_eyes;
ALTER TABLE claims
    DROP COLUMN route,
    DROP COLUMN needs_two,
    DROP COLUMN clock_starts_at,
    DROP COLUMN requests,
    DROP COLUMN answer,
    DROP COLUMN first_approved_by,
    DROP COLUMN first_approved_at,
    DROP COLUMN approved_amount,
    DROP COLUMN approved_aid,
    DROP COLUMN approved_co_payment,
    DROP COLUMN refused_by,
    DROP COLUMN refused_at,
    DROP COLUMN refusal_reason;
ALTER TABLE claim_lines DROP COLUMN approved_aid, DROP COLUMN approved_co_payment, DROP COLUMN cut_reason;
ALTER TABLE claims
    ADD CONSTRAINT ck_claims_status CHECK (status IN ({STATUSES})),
    ADD CONSTRAINT ck_claims_checked_by
        CHECK (status NOT IN ('checked', 'approved', 'batched', 'paid') OR checked_by IS NOT NULL),
    ADD CONSTRAINT ck_claims_checked_at
        CHECK (status NOT IN ('checked', 'approved', 'batched', 'paid') OR checked_at IS NOT NULL),
    ADD CONSTRAINT ck_claims_approved_by
        CHECK (status NOT IN ('approved', 'batched', 'paid') OR approved_by IS NOT NULL),
    ADD CONSTRAINT ck_claims_four_eyes CHECK (approved_by <> checked_by AND approved_by <> submitted_by);
"""


def upgrade() -> None:
    """Let each claim go its way, and keep what was approved of each line."""
    for part in (CLAIMS, TABLES, GUARDS):
        op.execute(part)
    op.execute(SENT.format(approvers="NEW.sent_by IN (claims.approved_by, claims.first_approved_by)"))


def downgrade() -> None:
    """Claims are approved whole, by one officer, again."""
    op.execute(SENT.format(approvers="claims.approved_by = NEW.sent_by"))
    op.execute(BEFORE)
