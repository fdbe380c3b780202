"""Allocation by lottery, by score and within strata; its sealed list."""

from alembic import op

revision = "0016"
down_revision = "0015"

METHODS = """
ALTER TABLE calls
    DROP CONSTRAINT ck_calls_allocation_method,
    ADD COLUMN seed_hash text,
    ADD COLUMN quota_by text,
    ADD COLUMN quotas jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN scoring jsonb,
    ADD CONSTRAINT ck_calls_allocation_method
        CHECK (allocation_method IN ('first_come', 'lottery', 'scored', 'hybrid')),
    ADD CONSTRAINT ck_calls_seed_hash
        CHECK (CASE WHEN status = 'draft' OR allocation_method = 'first_come' THEN seed_hash IS NULL
                    ELSE seed_hash IS NOT NULL AND seed_hash ~ '^[0-9a-f]{64}$' END),
    ADD CONSTRAINT ck_calls_quota_by
        CHECK ((allocation_method = 'hybrid') = (quota_by IS NOT NULL) AND quota_by IN ('region', 'band', 'sector')),
    ADD CONSTRAINT ck_calls_quotas CHECK (allocation_method = 'hybrid' OR quotas = '{}'),
    ADD CONSTRAINT ck_calls_scoring
        CHECK ((allocation_method = 'scored' AND status <> 'draft') = (scoring IS NOT NULL));
"""

# Nobody who works through the application reads a seed before the call closes; none is ever changed.
SEEDS = """
CREATE TABLE call_seeds (
    call_id uuid NOT NULL,
    seed text NOT NULL,
    CONSTRAINT pk_call_seeds PRIMARY KEY (call_id),
    CONSTRAINT fk_call_seeds_call_id_calls FOREIGN KEY (call_id) REFERENCES calls (id),
    CONSTRAINT ck_call_seeds_seed CHECK (seed ~ '^[0-9a-f]{64}$')
);
REVOKE UPDATE, DELETE ON call_seeds FROM app;
CREATE FUNCTION call_is_over(call uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT app_now() >= closes_at FROM calls WHERE id = call
$$;
CREATE FUNCTION is_promised_seed(call uuid, seed text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT seed_hash = encode(sha256(convert_to(seed, 'UTF8')), 'hex') FROM calls WHERE id = call
$$;
ALTER TABLE call_seeds ENABLE ROW LEVEL SECURITY;
ALTER TABLE call_seeds FORCE ROW LEVEL SECURITY;
CREATE POLICY read_seed ON call_seeds FOR SELECT USING (call_is_over(call_id));
CREATE POLICY keep_seed ON call_seeds FOR INSERT WITH CHECK (is_promised_seed(call_id, seed));
"""

# The sealed list: what is decided by, frozen before anything is given.
LIST = """
ALTER TABLE allocations ADD COLUMN list_hash text, ADD COLUMN decided_at timestamptz;
UPDATE allocations SET decided_at = started_at, list_hash = (
    SELECT encode(sha256(convert_to(coalesce(string_agg(ticket || ' ' || number || E'\\n', '' ORDER BY ticket), ''),
                                    'UTF8')), 'hex')
      FROM applications WHERE call_id = allocations.call_id AND submitted_at IS NOT NULL);
ALTER TABLE allocations ALTER COLUMN list_hash SET NOT NULL,
    ADD CONSTRAINT ck_allocations_list_hash CHECK (list_hash ~ '^[0-9a-f]{64}$'),
    ADD CONSTRAINT ck_allocations_decided_at CHECK (finished_at IS NULL OR decided_at IS NOT NULL);

CREATE TABLE sealed_tickets (
    application_id uuid NOT NULL,
    call_id uuid NOT NULL,
    ticket bigint NOT NULL,
    place integer NOT NULL,
    refusal text,
    undertaking uuid NOT NULL,
    promised bigint NOT NULL,
    stratum text,
    points jsonb,
    CONSTRAINT pk_sealed_tickets PRIMARY KEY (application_id),
    CONSTRAINT fk_sealed_tickets_application_id_applications FOREIGN KEY (application_id)
        REFERENCES applications (id),
    CONSTRAINT fk_sealed_tickets_call_id_calls FOREIGN KEY (call_id) REFERENCES calls (id),
    CONSTRAINT uq_sealed_tickets_call_id_place UNIQUE (call_id, place),
    CONSTRAINT uq_sealed_tickets_call_id_ticket UNIQUE (call_id, ticket),
    CONSTRAINT ck_sealed_tickets_place CHECK (place > 0),
    CONSTRAINT ck_sealed_tickets_promised CHECK (promised >= 0)
);
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON sealed_tickets FOR EACH ROW EXECUTE FUNCTION refuse_changed_answer();
INSERT INTO sealed_tickets (application_id, call_id, ticket, place, refusal, undertaking, promised)
SELECT application_id, call_id, ticket, row_number() OVER (PARTITION BY call_id ORDER BY ticket),
       CASE outcome WHEN 'refused' THEN reason END, application_id, 0
  FROM (SELECT DISTINCT ON (application_id) * FROM allocation_entries ORDER BY application_id, decided_at) AS first;

CREATE FUNCTION refuse_changed_allocation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.call_id, NEW.opening, NEW.list_hash, NEW.started_at)
                           IS DISTINCT FROM (OLD.call_id, OLD.opening, OLD.list_hash, OLD.started_at)
       OR (OLD.decided_at IS NOT NULL AND NEW.decided_at IS DISTINCT FROM OLD.decided_at)
       OR (OLD.finished_at IS NOT NULL AND NEW.finished_at IS DISTINCT FROM OLD.finished_at) THEN
        RAISE EXCEPTION 'an allocation keeps its sealed list'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON allocations
    FOR EACH ROW EXECUTE FUNCTION refuse_changed_allocation();
"""

# Who scores which application, blind; a score and a reason for each criterion, never changed.
SCORING = """
CREATE TABLE scorings (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    application_id uuid NOT NULL,
    evaluator_id uuid NOT NULL,
    status text NOT NULL,
    statement text,
    assigned_at timestamptz DEFAULT app_now() NOT NULL,
    declared_at timestamptz,
    scored_at timestamptz,
    CONSTRAINT pk_scorings PRIMARY KEY (id),
    CONSTRAINT fk_scorings_application_id_applications FOREIGN KEY (application_id) REFERENCES applications (id),
    CONSTRAINT fk_scorings_evaluator_id_people FOREIGN KEY (evaluator_id) REFERENCES people (id),
    CONSTRAINT uq_scorings_application_id_evaluator_id UNIQUE (application_id, evaluator_id),
    CONSTRAINT ck_scorings_status CHECK (status IN ('assigned', 'accepted', 'refused', 'scored')),
    CONSTRAINT ck_scorings_declared_at
        CHECK (status NOT IN ('accepted', 'refused', 'scored') OR declared_at IS NOT NULL),
    CONSTRAINT ck_scorings_scored_at CHECK (status NOT IN ('scored') OR scored_at IS NOT NULL),
    CONSTRAINT ck_scorings_statement CHECK (status <> 'refused' OR statement IS NOT NULL)
);
CREATE INDEX ix_scorings_evaluator_id ON scorings (evaluator_id);
CREATE TABLE scores (
    scoring_id uuid NOT NULL,
    criterion text NOT NULL,
    points integer NOT NULL,
    reason text NOT NULL,
    CONSTRAINT pk_scores PRIMARY KEY (scoring_id, criterion),
    CONSTRAINT fk_scores_scoring_id_scorings FOREIGN KEY (scoring_id) REFERENCES scorings (id),
    CONSTRAINT ck_scores_points CHECK (points >= 0),
    CONSTRAINT ck_scores_reason CHECK (length(trim(reason)) >= 10)
);
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON scores FOR EACH ROW EXECUTE FUNCTION refuse_changed_answer();
CREATE FUNCTION refuse_own_conflict() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM applications JOIN memberships USING (organisation_id)
                WHERE applications.id = NEW.application_id AND memberships.person_id = NEW.evaluator_id) THEN
        RAISE EXCEPTION 'nobody scores a company they belong to or belonged to'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'scorings_own_company';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER own_company BEFORE INSERT ON scorings FOR EACH ROW EXECUTE FUNCTION refuse_own_conflict();
"""

# Many transfers in one statement, each with its own reference and key; a key that was used before refuses them all.
MONEY = """
CREATE FUNCTION ledger_transfer_many(transfers jsonb, sort text, who uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    made bigint;
BEGIN
    INSERT INTO ledger_transfers (debit_account_id, credit_account_id, amount, kind, actor_id, reference, key)
    SELECT giver.id, taker.id, one.amount, sort, who, one.reference, one.key
      FROM jsonb_to_recordset(transfers) AS one (debit text, credit text, amount bigint, reference text, key text)
      JOIN ledger_accounts AS giver ON giver.code = one.debit
      JOIN ledger_accounts AS taker ON taker.code = one.credit
     ORDER BY one.key;
    GET DIAGNOSTICS made = ROW_COUNT;
    IF made <> jsonb_array_length(transfers) THEN
        RAISE EXCEPTION 'no such account' USING ERRCODE = 'foreign_key_violation';
    END IF;
END $$;
"""

DOWN = """
DROP FUNCTION ledger_transfer_many(jsonb, text, uuid);
DROP TABLE scores, scorings;
DROP FUNCTION refuse_own_conflict();
DROP TRIGGER kept ON allocations;
DROP FUNCTION refuse_changed_allocation();
DROP TABLE sealed_tickets;
ALTER TABLE allocations DROP COLUMN list_hash, DROP COLUMN decided_at;
DROP TABLE call_seeds;
DROP FUNCTION call_is_over(uuid);
DROP FUNCTION is_promised_seed(uuid, text);
ALTER TABLE calls DROP COLUMN seed_hash, DROP COLUMN quota_by, DROP COLUMN quotas, DROP COLUMN scoring,
    DROP CONSTRAINT ck_calls_allocation_method,
    ADD CONSTRAINT ck_calls_allocation_method CHECK (allocation_method = 'first_come');
"""


def upgrade() -> None:
    for step in (METHODS, SEEDS, LIST, SCORING, MONEY):
        op.execute(step)


def downgrade() -> None:
    op.execute(DOWN)
