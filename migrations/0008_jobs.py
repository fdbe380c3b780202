"""Diagnoses, jobs, questions, invitations, sealed bids, scores, conflict declarations and awards."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE diagnoses (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    organisation_id uuid NOT NULL,
    version text NOT NULL,
    answers jsonb NOT NULL,
    scores jsonb NOT NULL,
    answered_by uuid NOT NULL,
    created_at timestamptz DEFAULT app_now() NOT NULL,
    CONSTRAINT pk_diagnoses PRIMARY KEY (id),
    CONSTRAINT fk_diagnoses_organisation_id_organisations FOREIGN KEY(organisation_id)
        REFERENCES organisations (id)
);
CREATE INDEX ix_diagnoses_organisation_id ON diagnoses (organisation_id);

CREATE SEQUENCE number_job;
CREATE SEQUENCE number_bid;

-- Sum of the weights in [{"code": ..., "weight": ...}, ...].
CREATE FUNCTION criteria_weight(criteria jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(sum((criterion ->> 'weight')::bigint), 0) FROM jsonb_array_elements(criteria) AS criterion
$$;

CREATE TABLE jobs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    number text NOT NULL,
    organisation_id uuid NOT NULL,
    voucher_id uuid,
    diagnosis_id uuid,
    currency text,
    stages jsonb NOT NULL,
    service_line text NOT NULL,
    title text NOT NULL,
    goal text NOT NULL,
    situation text NOT NULL,
    expected_results text NOT NULL,
    region text NOT NULL,
    sector text NOT NULL,
    language text NOT NULL,
    criteria jsonb NOT NULL,
    status text NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz DEFAULT app_now() NOT NULL,
    published_by uuid,
    published_at timestamptz,
    closes_at timestamptz,
    closed_at timestamptz,
    awarded_at timestamptz,
    withdrawn_at timestamptz,
    withdrawal_reason text,
    CONSTRAINT pk_jobs PRIMARY KEY (id),
    CONSTRAINT ck_jobs_status CHECK (status IN ('draft', 'published', 'closed', 'awarded', 'withdrawn')),
    CONSTRAINT ck_jobs_published_at
        CHECK (status = 'draft' OR withdrawn_at IS NOT NULL
            OR (published_at IS NOT NULL AND published_by IS NOT NULL)),
    CONSTRAINT ck_jobs_complete
        CHECK (published_at IS NULL
            OR (voucher_id IS NOT NULL AND closes_at IS NOT NULL AND currency IS NOT NULL)),
    CONSTRAINT ck_jobs_bidding_window CHECK (closes_at >= published_at + interval '7 days'),
    CONSTRAINT ck_jobs_criteria CHECK (published_at IS NULL OR criteria_weight(criteria) = 100),
    CONSTRAINT ck_jobs_closed_at CHECK (status NOT IN ('closed') OR closed_at IS NOT NULL),
    CONSTRAINT ck_jobs_awarded_at CHECK (status NOT IN ('awarded') OR awarded_at IS NOT NULL),
    CONSTRAINT ck_jobs_withdrawn_at CHECK (status NOT IN ('withdrawn') OR withdrawn_at IS NOT NULL),
    CONSTRAINT uq_jobs_number UNIQUE (number),
    CONSTRAINT fk_jobs_organisation_id_organisations FOREIGN KEY(organisation_id) REFERENCES organisations (id),
    CONSTRAINT fk_jobs_voucher_id_vouchers FOREIGN KEY(voucher_id) REFERENCES vouchers (id),
    CONSTRAINT fk_jobs_diagnosis_id_diagnoses FOREIGN KEY(diagnosis_id) REFERENCES diagnoses (id)
);
CREATE INDEX ix_jobs_organisation_id ON jobs (organisation_id);
CREATE INDEX ix_jobs_status_closes_at ON jobs (status, closes_at);
CREATE INDEX ix_jobs_voucher_id ON jobs (voucher_id);

CREATE TABLE questions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    job_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    asked_by uuid NOT NULL,
    asked_at timestamptz DEFAULT app_now() NOT NULL,
    text text NOT NULL,
    answer text,
    answered_by uuid,
    answered_at timestamptz,
    CONSTRAINT pk_questions PRIMARY KEY (id),
    CONSTRAINT ck_questions_answered_at CHECK ((answer IS NULL) = (answered_at IS NULL)),
    CONSTRAINT ck_questions_answered_by CHECK ((answer IS NULL) = (answered_by IS NULL)),
    CONSTRAINT fk_questions_job_id_jobs FOREIGN KEY(job_id) REFERENCES jobs (id),
    CONSTRAINT fk_questions_provider_id_providers FOREIGN KEY(provider_id) REFERENCES providers (id)
);
CREATE INDEX ix_questions_job_id ON questions (job_id);

CREATE TABLE invitations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    job_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    invited_by uuid NOT NULL,
    invited_at timestamptz DEFAULT app_now() NOT NULL,
    CONSTRAINT pk_invitations PRIMARY KEY (id),
    CONSTRAINT uq_invitations_job_id_provider_id UNIQUE (job_id, provider_id),
    CONSTRAINT fk_invitations_job_id_jobs FOREIGN KEY(job_id) REFERENCES jobs (id),
    CONSTRAINT fk_invitations_provider_id_providers FOREIGN KEY(provider_id) REFERENCES providers (id)
);
CREATE INDEX ix_invitations_provider_id ON invitations (provider_id);

CREATE TABLE bids (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    number text NOT NULL,
    job_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    status text NOT NULL,
    content_hash text NOT NULL,
    submitted_by uuid NOT NULL,
    submitted_at timestamptz DEFAULT app_now() NOT NULL,
    device_hash text,
    address_hash text,
    withdrawn_at timestamptz,
    decided_at timestamptz,
    decision_reason text,
    CONSTRAINT pk_bids PRIMARY KEY (id),
    CONSTRAINT ck_bids_status CHECK (status IN ('submitted', 'withdrawn', 'won', 'lost')),
    CONSTRAINT ck_bids_decided_at CHECK (status NOT IN ('won', 'lost') OR decided_at IS NOT NULL),
    CONSTRAINT ck_bids_withdrawn_at CHECK (status NOT IN ('withdrawn') OR withdrawn_at IS NOT NULL),
    CONSTRAINT ck_bids_decision_reason CHECK (status NOT IN ('won', 'lost') OR decision_reason IS NOT NULL),
    CONSTRAINT uq_bids_id_job_id UNIQUE (id, job_id),
    CONSTRAINT uq_bids_id_job_id_provider_id UNIQUE (id, job_id, provider_id),
    CONSTRAINT uq_bids_number UNIQUE (number),
    CONSTRAINT fk_bids_job_id_jobs FOREIGN KEY(job_id) REFERENCES jobs (id),
    CONSTRAINT fk_bids_provider_id_providers FOREIGN KEY(provider_id) REFERENCES providers (id)
);
CREATE INDEX ix_bids_provider_id ON bids (provider_id);
CREATE UNIQUE INDEX uq_bids_live ON bids (job_id, provider_id) WHERE status <> 'withdrawn';
CREATE UNIQUE INDEX uq_bids_won ON bids (job_id) WHERE status = 'won';

CREATE TABLE bid_contents (
    bid_id uuid NOT NULL,
    job_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    prices jsonb NOT NULL,
    price_total bigint NOT NULL,
    days jsonb NOT NULL,
    approach text NOT NULL,
    consultant_ids uuid[] NOT NULL,
    attestations jsonb NOT NULL,
    required_courses jsonb NOT NULL,
    checked_on date NOT NULL,
    salt text NOT NULL,
    CONSTRAINT pk_bid_contents PRIMARY KEY (bid_id),
    CONSTRAINT fk_bid_contents_bid_id_job_id_provider_id_bids FOREIGN KEY(bid_id, job_id, provider_id)
        REFERENCES bids (id, job_id, provider_id),
    CONSTRAINT ck_bid_contents_price_total CHECK (price_total > 0),
    CONSTRAINT ck_bid_contents_consultant_ids CHECK (cardinality(consultant_ids) > 0)
);

CREATE TABLE bid_scores (
    bid_id uuid NOT NULL,
    criterion text NOT NULL,
    points integer NOT NULL,
    reason text NOT NULL,
    scored_by uuid NOT NULL,
    scored_at timestamptz NOT NULL,
    CONSTRAINT pk_bid_scores PRIMARY KEY (bid_id, criterion),
    CONSTRAINT ck_bid_scores_points CHECK (points BETWEEN 0 AND 100),
    CONSTRAINT ck_bid_scores_reason CHECK (length(trim(reason)) > 0),
    CONSTRAINT fk_bid_scores_bid_id_bids FOREIGN KEY(bid_id) REFERENCES bids (id)
);

CREATE TABLE conflict_declarations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    job_id uuid NOT NULL,
    person_id uuid NOT NULL,
    has_conflict boolean NOT NULL,
    statement text NOT NULL,
    declared_at timestamptz DEFAULT app_now() NOT NULL,
    CONSTRAINT pk_conflict_declarations PRIMARY KEY (id),
    CONSTRAINT uq_conflict_declarations_job_id_person_id UNIQUE (job_id, person_id),
    CONSTRAINT ck_conflict_declarations_statement CHECK (NOT has_conflict OR length(trim(statement)) > 0),
    CONSTRAINT fk_conflict_declarations_job_id_jobs FOREIGN KEY(job_id) REFERENCES jobs (id)
);

CREATE TABLE awards (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    job_id uuid NOT NULL,
    bid_id uuid NOT NULL,
    awarded_by uuid NOT NULL,
    awarded_at timestamptz NOT NULL,
    reason text NOT NULL,
    device_hash text,
    CONSTRAINT pk_awards PRIMARY KEY (id),
    CONSTRAINT fk_awards_bid_id_job_id_bids FOREIGN KEY(bid_id, job_id) REFERENCES bids (id, job_id),
    CONSTRAINT ck_awards_reason CHECK (length(trim(reason)) > 0),
    CONSTRAINT uq_awards_job_id UNIQUE (job_id),
    CONSTRAINT fk_awards_job_id_jobs FOREIGN KEY(job_id) REFERENCES jobs (id),
    CONSTRAINT uq_awards_bid_id UNIQUE (bid_id)
);
"""

GUARDS = """
ALTER TABLE diagnoses ADD FOREIGN KEY (answered_by) REFERENCES people (id);
ALTER TABLE jobs ADD FOREIGN KEY (created_by) REFERENCES people (id);
ALTER TABLE jobs ADD FOREIGN KEY (published_by) REFERENCES people (id);
ALTER TABLE questions ADD FOREIGN KEY (asked_by) REFERENCES people (id);
ALTER TABLE questions ADD FOREIGN KEY (answered_by) REFERENCES people (id);
ALTER TABLE invitations ADD FOREIGN KEY (invited_by) REFERENCES people (id);
ALTER TABLE bids ADD FOREIGN KEY (submitted_by) REFERENCES people (id);
ALTER TABLE bid_scores ADD FOREIGN KEY (scored_by) REFERENCES people (id);
ALTER TABLE conflict_declarations ADD FOREIGN KEY (person_id) REFERENCES people (id);
ALTER TABLE awards ADD FOREIGN KEY (awarded_by) REFERENCES people (id);
REVOKE UPDATE, DELETE ON diagnoses, invitations, conflict_declarations, awards FROM app;
REVOKE DELETE ON jobs, bids, bid_scores, questions FROM app;

-- A published job is frozen: only where it stands in its life may change.
CREATE FUNCTION refuse_job_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    may_change text[] := ARRAY['status', 'closed_at', 'awarded_at', 'withdrawn_at', 'withdrawal_reason'];
BEGIN
    IF OLD.published_at IS NOT NULL AND to_jsonb(NEW) - may_change <> to_jsonb(OLD) - may_change THEN
        RAISE EXCEPTION 'a published job can not be changed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'jobs_frozen';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER jobs_frozen BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION refuse_job_change();

-- Sealed: the bidder alone until the deadline; never opened when the job was withdrawn before it.
CREATE FUNCTION bidding_is_open(job uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT status = 'published' AND app_now() < closes_at FROM jobs WHERE id = job
$$;
CREATE FUNCTION bids_are_open(job uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT app_now() >= closes_at AND (withdrawn_at IS NULL OR withdrawn_at >= closes_at)
      FROM jobs WHERE id = job
$$;
CREATE FUNCTION is_bidder(provider uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT provider = nullif(current_setting('app.organisation_id', true), '')::uuid
$$;
ALTER TABLE bid_contents ENABLE ROW LEVEL SECURITY;
ALTER TABLE bid_contents FORCE ROW LEVEL SECURITY;
CREATE POLICY read_bid ON bid_contents FOR SELECT USING (is_bidder(provider_id) OR bids_are_open(job_id));
CREATE POLICY place_bid ON bid_contents FOR INSERT WITH CHECK (is_bidder(provider_id) AND bidding_is_open(job_id));
CREATE POLICY replace_bid ON bid_contents FOR UPDATE
    USING (is_bidder(provider_id) AND bidding_is_open(job_id))
    WITH CHECK (is_bidder(provider_id) AND bidding_is_open(job_id));
CREATE POLICY withdraw_bid ON bid_contents FOR DELETE
    USING (is_bidder(provider_id) AND bidding_is_open(job_id));

-- Bids come, change and go before the deadline; they are decided after it.
CREATE FUNCTION refuse_bid_out_of_time() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decision text[] := ARRAY['status', 'decided_at', 'decision_reason'];
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.job_id, NEW.provider_id) IS DISTINCT FROM (OLD.job_id, OLD.provider_id) THEN
        RAISE EXCEPTION 'a bid belongs to its job and bidder'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bids_identity';
    END IF;
    IF NOT bidding_is_open(NEW.job_id) AND (TG_OP = 'INSERT' OR NEW.status = 'withdrawn'
                                            OR to_jsonb(NEW) - decision <> to_jsonb(OLD) - decision) THEN
        RAISE EXCEPTION 'the deadline of the job has passed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bids_deadline';
    END IF;
    IF NEW.status IN ('won', 'lost') AND NOT bids_are_open(NEW.job_id) THEN
        RAISE EXCEPTION 'bids are sealed until the deadline'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bids_sealed';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER bids_deadline BEFORE INSERT OR UPDATE ON bids
    FOR EACH ROW EXECUTE FUNCTION refuse_bid_out_of_time();

-- Every named consultant stands with the firm, has pledged for the season and holds the required training.
CREATE FUNCTION refuse_unready_consultants() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    consultant uuid;
    obstacle text;
BEGIN
    IF abs(NEW.checked_on - app_now()::date) > 1 THEN
        RAISE EXCEPTION 'consultants are checked on the day of the bid'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bid_checked_on';
    END IF;
    FOREACH consultant IN ARRAY NEW.consultant_ids LOOP
        obstacle := consultant_obstacle(consultant, NEW.provider_id, NEW.checked_on, NEW.required_courses);
        IF obstacle IS NOT NULL THEN
            RAISE EXCEPTION 'a named consultant is not ready: %', obstacle
                USING ERRCODE = 'check_violation', CONSTRAINT = 'bid_' || obstacle;
        END IF;
    END LOOP;
    RETURN NEW;
END
$$;
CREATE TRIGGER bid_contents_consultants BEFORE INSERT OR UPDATE ON bid_contents
    FOR EACH ROW EXECUTE FUNCTION refuse_unready_consultants();

-- Bids are scored between the deadline and the award.
CREATE FUNCTION refuse_score_out_of_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM bids JOIN jobs ON jobs.id = bids.job_id
                    WHERE bids.id = NEW.bid_id AND jobs.status IN ('published', 'closed')
                      AND app_now() >= jobs.closes_at) THEN
        RAISE EXCEPTION 'bids are scored between the deadline and the award'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bid_scores_time';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER bid_scores_time BEFORE INSERT OR UPDATE ON bid_scores
    FOR EACH ROW EXECUTE FUNCTION refuse_score_out_of_time();

CREATE FUNCTION refuse_sealed_award() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT bids_are_open(NEW.job_id) THEN
        RAISE EXCEPTION 'bids are sealed until the deadline'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bids_sealed';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER awards_after_deadline BEFORE INSERT ON awards
    FOR EACH ROW EXECUTE FUNCTION refuse_sealed_award();
"""

DROP = """
DROP TABLE awards, conflict_declarations, bid_scores, bid_contents, bids, invitations, questions, jobs, diagnoses;
DROP FUNCTION refuse_sealed_award, refuse_score_out_of_time, refuse_unready_consultants, bidding_is_open, is_bidder,
    bids_are_open, refuse_bid_out_of_time, refuse_job_change, criteria_weight;
DROP SEQUENCE number_job, number_bid;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(GUARDS)


def downgrade() -> None:
    op.execute(DROP)
