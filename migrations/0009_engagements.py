"""Agreements, redemption, co-payment, engagements with their stages, sessions and deliverables."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NUMBERS = """
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE SEQUENCE number_agr;
CREATE SEQUENCE number_eng;
CREATE SEQUENCE number_cop;
"""

TABLES = """
CREATE TABLE agreements (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    number text NOT NULL,
    award_id uuid NOT NULL,
    job_id uuid NOT NULL,
    voucher_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    title text NOT NULL,
    price_net bigint NOT NULL,
    aid bigint NOT NULL,
    co_payment bigint NOT NULL,
    currency text NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    status text NOT NULL,
    sme_signed_by uuid,
    sme_signed_at timestamptz,
    sme_device_hash text,
    provider_signed_by uuid,
    provider_signed_at timestamptz,
    provider_device_hash text,
    signed_at timestamptz,
    redeemed_at timestamptz,
    cancelled_at timestamptz,
    created_at timestamptz DEFAULT app_now() NOT NULL,
    CONSTRAINT pk_agreements PRIMARY KEY (id),
    CONSTRAINT ck_agreements_status CHECK (status IN ('drafted', 'signed', 'redeemed', 'cancelled')),
    CONSTRAINT ck_agreements_shares CHECK (price_net = aid + co_payment),
    CONSTRAINT ck_agreements_amounts CHECK (price_net > 0 AND aid > 0 AND co_payment >= 0),
    CONSTRAINT ck_agreements_plan CHECK (ends_on > starts_on),
    CONSTRAINT ck_agreements_signed CHECK (status NOT IN ('signed', 'redeemed') OR (signed_at IS NOT NULL AND
        sme_signed_at IS NOT NULL AND provider_signed_at IS NOT NULL)),
    CONSTRAINT ck_agreements_redeemed_at CHECK (status NOT IN ('redeemed') OR redeemed_at IS NOT NULL),
    CONSTRAINT ck_agreements_cancelled_at CHECK (status NOT IN ('cancelled') OR cancelled_at IS NOT NULL),
    CONSTRAINT ck_agreements_two_people CHECK (sme_signed_by <> provider_signed_by),
    CONSTRAINT uq_agreements_number UNIQUE (number),
    CONSTRAINT fk_agreements_award_id_awards FOREIGN KEY(award_id) REFERENCES awards (id),
    CONSTRAINT fk_agreements_job_id_jobs FOREIGN KEY(job_id) REFERENCES jobs (id),
    CONSTRAINT fk_agreements_voucher_id_vouchers FOREIGN KEY(voucher_id) REFERENCES vouchers (id),
    CONSTRAINT fk_agreements_organisation_id_organisations FOREIGN KEY(organisation_id) REFERENCES organisations (id),
    CONSTRAINT fk_agreements_provider_id_providers FOREIGN KEY(provider_id) REFERENCES providers (id)
);
CREATE INDEX ix_agreements_organisation_id ON agreements (organisation_id);
CREATE INDEX ix_agreements_provider_id ON agreements (provider_id);
CREATE INDEX ix_agreements_voucher_id ON agreements (voucher_id);
CREATE UNIQUE INDEX uq_agreements_award_id ON agreements (award_id) WHERE status <> 'cancelled';

CREATE TABLE agreement_consultants (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    agreement_id uuid NOT NULL,
    consultant_id uuid NOT NULL,
    replaces_id uuid,
    reason text,
    status text NOT NULL,
    from_on date,
    until_on date,
    proposed_by uuid,
    approved_by uuid,
    approved_at timestamptz,
    declined_at timestamptz,
    ended_at timestamptz,
    created_at timestamptz DEFAULT app_now() NOT NULL,
    CONSTRAINT pk_agreement_consultants PRIMARY KEY (id),
    CONSTRAINT ck_agreement_consultants_status CHECK (status IN ('proposed', 'active', 'declined', 'ended')),
    CONSTRAINT ck_agreement_consultants_approved_at
        CHECK (status NOT IN ('active', 'ended') OR approved_at IS NOT NULL),
    CONSTRAINT ck_agreement_consultants_approved_by
        CHECK (status NOT IN ('active', 'ended') OR approved_by IS NOT NULL),
    CONSTRAINT ck_agreement_consultants_declined_at CHECK (status NOT IN ('declined') OR declined_at IS NOT NULL),
    CONSTRAINT ck_agreement_consultants_ended_at CHECK (status NOT IN ('ended') OR ended_at IS NOT NULL),
    CONSTRAINT ck_agreement_consultants_two_people CHECK (approved_by <> proposed_by),
    CONSTRAINT ck_agreement_consultants_dates CHECK (until_on >= from_on),
    CONSTRAINT fk_agreement_consultants_agreement_id_agreements FOREIGN KEY(agreement_id) REFERENCES agreements (id),
    CONSTRAINT fk_agreement_consultants_consultant_id_consultants FOREIGN KEY(consultant_id)
        REFERENCES consultants (id),
    CONSTRAINT fk_agreement_consultants_replaces_id_agreement_consultants FOREIGN KEY(replaces_id)
        REFERENCES agreement_consultants (id)
);
CREATE UNIQUE INDEX uq_agreement_consultants_live
    ON agreement_consultants (agreement_id, consultant_id) WHERE status IN ('proposed', 'active');

CREATE TABLE agreement_stages (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    agreement_id uuid NOT NULL,
    position integer NOT NULL,
    code text NOT NULL,
    price_net bigint NOT NULL,
    aid bigint NOT NULL,
    co_payment bigint NOT NULL,
    days integer NOT NULL,
    CONSTRAINT pk_agreement_stages PRIMARY KEY (id),
    CONSTRAINT uq_agreement_stages_agreement_id_position UNIQUE (agreement_id, position),
    CONSTRAINT uq_agreement_stages_agreement_id_code UNIQUE (agreement_id, code),
    CONSTRAINT ck_agreement_stages_shares CHECK (price_net = aid + co_payment AND aid >= 0 AND co_payment >= 0),
    CONSTRAINT ck_agreement_stages_days CHECK (days > 0),
    CONSTRAINT fk_agreement_stages_agreement_id_agreements FOREIGN KEY(agreement_id) REFERENCES agreements (id)
);

CREATE TABLE co_payments (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    agreement_id uuid NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    reference text NOT NULL,
    due_on date NOT NULL,
    status text NOT NULL,
    payer_name text,
    payer_account text,
    holder_name text,
    booked_on date,
    paid_at timestamptz,
    lapsed_at timestamptz,
    created_at timestamptz DEFAULT app_now() NOT NULL,
    CONSTRAINT pk_co_payments PRIMARY KEY (id),
    CONSTRAINT ck_co_payments_status CHECK (status IN ('awaited', 'paid', 'lapsed')),
    CONSTRAINT ck_co_payments_paid_at CHECK (status NOT IN ('paid') OR paid_at IS NOT NULL),
    CONSTRAINT ck_co_payments_payer_name CHECK (status NOT IN ('paid') OR payer_name IS NOT NULL),
    CONSTRAINT ck_co_payments_lapsed_at CHECK (status NOT IN ('lapsed') OR lapsed_at IS NOT NULL),
    CONSTRAINT ck_co_payments_amount CHECK (amount > 0),
    CONSTRAINT uq_co_payments_agreement_id UNIQUE (agreement_id),
    CONSTRAINT fk_co_payments_agreement_id_agreements FOREIGN KEY(agreement_id) REFERENCES agreements (id),
    CONSTRAINT uq_co_payments_reference UNIQUE (reference)
);

CREATE TABLE engagements (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    number text NOT NULL,
    agreement_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    status text NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    lapsed_at timestamptz,
    created_at timestamptz DEFAULT app_now() NOT NULL,
    CONSTRAINT pk_engagements PRIMARY KEY (id),
    CONSTRAINT ck_engagements_status CHECK (status IN ('awaiting_co_payment', 'active', 'finished', 'lapsed')),
    CONSTRAINT ck_engagements_started_at CHECK (status NOT IN ('active', 'finished') OR started_at IS NOT NULL),
    CONSTRAINT ck_engagements_finished_at CHECK (status NOT IN ('finished') OR finished_at IS NOT NULL),
    CONSTRAINT ck_engagements_lapsed_at CHECK (status NOT IN ('lapsed') OR lapsed_at IS NOT NULL),
    CONSTRAINT uq_engagements_number UNIQUE (number),
    CONSTRAINT uq_engagements_agreement_id UNIQUE (agreement_id),
    CONSTRAINT fk_engagements_agreement_id_agreements FOREIGN KEY(agreement_id) REFERENCES agreements (id),
    CONSTRAINT fk_engagements_organisation_id_organisations FOREIGN KEY(organisation_id)
        REFERENCES organisations (id),
    CONSTRAINT fk_engagements_provider_id_providers FOREIGN KEY(provider_id) REFERENCES providers (id)
);
CREATE INDEX ix_engagements_organisation_id ON engagements (organisation_id);
CREATE INDEX ix_engagements_provider_id ON engagements (provider_id);

CREATE TABLE redemptions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    agreement_id uuid NOT NULL,
    voucher_id uuid NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    key text NOT NULL,
    redeemed_by uuid NOT NULL,
    redeemed_at timestamptz NOT NULL,
    device_hash text,
    CONSTRAINT pk_redemptions PRIMARY KEY (id),
    CONSTRAINT ck_redemptions_amount CHECK (amount > 0),
    CONSTRAINT uq_redemptions_agreement_id UNIQUE (agreement_id),
    CONSTRAINT fk_redemptions_agreement_id_agreements FOREIGN KEY(agreement_id) REFERENCES agreements (id),
    CONSTRAINT fk_redemptions_voucher_id_vouchers FOREIGN KEY(voucher_id) REFERENCES vouchers (id),
    CONSTRAINT uq_redemptions_key UNIQUE (key)
);
CREATE INDEX ix_redemptions_voucher_id ON redemptions (voucher_id);

CREATE TABLE stages (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    engagement_id uuid NOT NULL,
    agreement_stage_id uuid NOT NULL,
    position integer NOT NULL,
    code text NOT NULL,
    status text NOT NULL,
    opened_at timestamptz,
    delivered_at timestamptz,
    delivered_by uuid,
    accepted_at timestamptz,
    accepted_by uuid,
    device_hash text,
    CONSTRAINT pk_stages PRIMARY KEY (id),
    CONSTRAINT ck_stages_status CHECK (status IN ('waiting', 'open', 'delivered', 'accepted')),
    CONSTRAINT ck_stages_opened_at CHECK (status NOT IN ('open', 'delivered', 'accepted') OR opened_at IS NOT NULL),
    CONSTRAINT ck_stages_delivered_at CHECK (status NOT IN ('delivered', 'accepted') OR delivered_at IS NOT NULL),
    CONSTRAINT ck_stages_accepted_at CHECK (status NOT IN ('accepted') OR accepted_at IS NOT NULL),
    CONSTRAINT ck_stages_accepted_by CHECK (status NOT IN ('accepted') OR accepted_by IS NOT NULL),
    CONSTRAINT ck_stages_two_people CHECK (accepted_by <> delivered_by),
    CONSTRAINT uq_stages_engagement_id_position UNIQUE (engagement_id, position),
    CONSTRAINT fk_stages_engagement_id_engagements FOREIGN KEY(engagement_id) REFERENCES engagements (id),
    CONSTRAINT uq_stages_agreement_stage_id UNIQUE (agreement_stage_id),
    CONSTRAINT fk_stages_agreement_stage_id_agreement_stages FOREIGN KEY(agreement_stage_id)
        REFERENCES agreement_stages (id)
);
CREATE UNIQUE INDEX uq_stages_under_way ON stages (engagement_id) WHERE status IN ('open', 'delivered');

CREATE TABLE consulting_sessions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    engagement_id uuid NOT NULL,
    stage_id uuid NOT NULL,
    consultant_id uuid NOT NULL,
    person_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    place text NOT NULL,
    summary text NOT NULL,
    status text NOT NULL,
    recorded_by uuid NOT NULL,
    recorder_device_hash text,
    countersigned_by uuid,
    countersigned_at timestamptz,
    device_hash text,
    withdrawn_at timestamptz,
    created_at timestamptz DEFAULT app_now() NOT NULL,
    CONSTRAINT pk_consulting_sessions PRIMARY KEY (id),
    CONSTRAINT ck_consulting_sessions_status CHECK (status IN ('recorded', 'countersigned', 'withdrawn')),
    CONSTRAINT ck_consulting_sessions_countersigned_at
        CHECK (status NOT IN ('countersigned') OR countersigned_at IS NOT NULL),
    CONSTRAINT ck_consulting_sessions_countersigned_by
        CHECK (status NOT IN ('countersigned') OR countersigned_by IS NOT NULL),
    CONSTRAINT ck_consulting_sessions_withdrawn_at CHECK (status NOT IN ('withdrawn') OR withdrawn_at IS NOT NULL),
    CONSTRAINT ck_consulting_sessions_two_people CHECK (countersigned_by NOT IN (recorded_by, person_id)),
    CONSTRAINT ck_consulting_sessions_duration
        CHECK (ends_at > starts_at AND ends_at <= starts_at + interval '12 hours'),
    CONSTRAINT ex_consulting_sessions_overlap
        EXCLUDE USING gist (person_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (status <> 'withdrawn'),
    CONSTRAINT fk_consulting_sessions_engagement_id_engagements FOREIGN KEY(engagement_id)
        REFERENCES engagements (id),
    CONSTRAINT fk_consulting_sessions_stage_id_stages FOREIGN KEY(stage_id) REFERENCES stages (id),
    CONSTRAINT fk_consulting_sessions_consultant_id_consultants FOREIGN KEY(consultant_id) REFERENCES consultants (id)
);
CREATE INDEX ix_consulting_sessions_engagement_id ON consulting_sessions (engagement_id);

CREATE TABLE deliverables (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    engagement_id uuid NOT NULL,
    stage_id uuid NOT NULL,
    file_id uuid NOT NULL,
    replaces_id uuid,
    title text NOT NULL,
    status text NOT NULL,
    sha256 text NOT NULL,
    text_sha256 text,
    text_characters integer,
    shingles bigint[],
    compared_at timestamptz,
    unreadable_reason text,
    submitted_by uuid NOT NULL,
    device_hash text,
    created_at timestamptz DEFAULT app_now() NOT NULL,
    accepted_at timestamptz,
    correction_reason text,
    correction_requested_by uuid,
    correction_requested_at timestamptz,
    replaced_at timestamptz,
    CONSTRAINT pk_deliverables PRIMARY KEY (id),
    CONSTRAINT ck_deliverables_status CHECK (status IN ('submitted', 'accepted', 'correction_requested', 'replaced')),
    CONSTRAINT ck_deliverables_accepted_at CHECK (status NOT IN ('accepted') OR accepted_at IS NOT NULL),
    CONSTRAINT ck_deliverables_correction
        CHECK (status <> 'correction_requested' OR (correction_requested_at IS NOT NULL AND correction_reason <> '')),
    CONSTRAINT fk_deliverables_engagement_id_engagements FOREIGN KEY(engagement_id) REFERENCES engagements (id),
    CONSTRAINT fk_deliverables_stage_id_stages FOREIGN KEY(stage_id) REFERENCES stages (id),
    CONSTRAINT fk_deliverables_file_id_files FOREIGN KEY(file_id) REFERENCES files (id),
    CONSTRAINT uq_deliverables_replaces_id UNIQUE (replaces_id),
    CONSTRAINT fk_deliverables_replaces_id_deliverables FOREIGN KEY(replaces_id) REFERENCES deliverables (id)
);
CREATE INDEX ix_deliverables_engagement_id ON deliverables (engagement_id);
CREATE INDEX ix_deliverables_sha256 ON deliverables (sha256);
CREATE INDEX ix_deliverables_text_sha256 ON deliverables (text_sha256);

CREATE TABLE similar_deliverables (
    deliverable_id uuid NOT NULL,
    other_id uuid NOT NULL,
    similarity_percent integer NOT NULL,
    same_file boolean NOT NULL,
    CONSTRAINT pk_similar_deliverables PRIMARY KEY (deliverable_id, other_id),
    CONSTRAINT ck_similar_deliverables_similarity_percent CHECK (similarity_percent BETWEEN 0 AND 100),
    CONSTRAINT ck_similar_deliverables_two_documents CHECK (deliverable_id <> other_id),
    CONSTRAINT fk_similar_deliverables_deliverable_id_deliverables FOREIGN KEY(deliverable_id)
        REFERENCES deliverables (id),
    CONSTRAINT fk_similar_deliverables_other_id_deliverables FOREIGN KEY(other_id) REFERENCES deliverables (id)
);
"""

# A person stands below this area, so the foreign keys are written here alone.
PEOPLE = """
ALTER TABLE agreements ADD CONSTRAINT fk_agreements_sme_signed_by_people
    FOREIGN KEY (sme_signed_by) REFERENCES people (id);
ALTER TABLE agreements ADD CONSTRAINT fk_agreements_provider_signed_by_people
    FOREIGN KEY (provider_signed_by) REFERENCES people (id);
ALTER TABLE agreement_consultants ADD CONSTRAINT fk_agreement_consultants_proposed_by_people
    FOREIGN KEY (proposed_by) REFERENCES people (id);
ALTER TABLE agreement_consultants ADD CONSTRAINT fk_agreement_consultants_approved_by_people
    FOREIGN KEY (approved_by) REFERENCES people (id);
ALTER TABLE redemptions ADD CONSTRAINT fk_redemptions_redeemed_by_people
    FOREIGN KEY (redeemed_by) REFERENCES people (id);
ALTER TABLE stages ADD CONSTRAINT fk_stages_delivered_by_people
    FOREIGN KEY (delivered_by) REFERENCES people (id);
ALTER TABLE stages ADD CONSTRAINT fk_stages_accepted_by_people
    FOREIGN KEY (accepted_by) REFERENCES people (id);
ALTER TABLE consulting_sessions ADD CONSTRAINT fk_consulting_sessions_person_id_people
    FOREIGN KEY (person_id) REFERENCES people (id);
ALTER TABLE consulting_sessions ADD CONSTRAINT fk_consulting_sessions_recorded_by_people
    FOREIGN KEY (recorded_by) REFERENCES people (id);
ALTER TABLE consulting_sessions ADD CONSTRAINT fk_consulting_sessions_countersigned_by_people
    FOREIGN KEY (countersigned_by) REFERENCES people (id);
ALTER TABLE deliverables ADD CONSTRAINT fk_deliverables_submitted_by_people
    FOREIGN KEY (submitted_by) REFERENCES people (id);
ALTER TABLE deliverables ADD CONSTRAINT fk_deliverables_correction_requested_by_people
    FOREIGN KEY (correction_requested_by) REFERENCES people (id);
"""

# What was agreed and redeemed is never rewritten.
REVOKES = """
REVOKE UPDATE, DELETE ON agreement_stages, redemptions, similar_deliverables FROM app;
REVOKE DELETE ON agreements, agreement_consultants, co_payments, engagements, stages, consulting_sessions, deliverables
    FROM app;
"""

GUARDS = """
CREATE FUNCTION keep_agreed_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.sme_signed_at IS NOT NULL OR OLD.provider_signed_at IS NOT NULL)
        AND (OLD.award_id, OLD.voucher_id, OLD.organisation_id, OLD.provider_id, OLD.price_net, OLD.aid, OLD.co_payment,
             OLD.currency, OLD.starts_on, OLD.ends_on, OLD.title)
            IS DISTINCT FROM
            (NEW.award_id, NEW.voucher_id, NEW.organisation_id, NEW.provider_id, NEW.price_net, NEW.aid, NEW.co_payment,
             NEW.currency, NEW.starts_on, NEW.ends_on, NEW.title) THEN
        RAISE EXCEPTION 'a signed agreement keeps its terms'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_agreements_terms';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_agreed_terms BEFORE UPDATE ON agreements FOR EACH ROW EXECUTE FUNCTION keep_agreed_terms();

CREATE FUNCTION check_session_within_engagement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM engagements
        WHERE id = NEW.engagement_id AND status = 'active' AND started_at <= NEW.starts_at
    ) THEN
        RAISE EXCEPTION 'no session before the engagement has started'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_consulting_sessions_started';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_session_within_engagement BEFORE INSERT ON consulting_sessions
    FOR EACH ROW EXECUTE FUNCTION check_session_within_engagement();

CREATE FUNCTION check_co_payment_before_start() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = 'active' AND OLD.status <> 'active' AND EXISTS (
        SELECT 1 FROM co_payments WHERE agreement_id = NEW.agreement_id AND status <> 'paid'
    ) THEN
        RAISE EXCEPTION 'no start before the co-payment is paid'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_engagements_co_payment';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_co_payment_before_start BEFORE UPDATE ON engagements
    FOR EACH ROW EXECUTE FUNCTION check_co_payment_before_start();
"""


def upgrade() -> None:
    for part in (NUMBERS, TABLES, PEOPLE, REVOKES, GUARDS):
        op.execute(part)


def downgrade() -> None:
    op.execute(
        "DROP TABLE similar_deliverables, deliverables, consulting_sessions, stages, engagements, co_payments,"
        " redemptions, agreement_consultants, agreement_stages, agreements"
    )
    op.execute("DROP FUNCTION keep_agreed_terms, check_session_within_engagement, check_co_payment_before_start")
    op.execute("DROP SEQUENCE number_agr, number_eng, number_cop")
