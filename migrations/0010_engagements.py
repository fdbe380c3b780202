"""Agreements, redemptions, co-payments, engagements, stages, sessions and deliverables."""

from alembic import op

from marketplace.core.sql import drop_functions

revision = "0010"
down_revision = "0009"

TABLES = """
CREATE SEQUENCE number_agr;
CREATE SEQUENCE number_eng;
CREATE SEQUENCE number_cop;

CREATE TABLE agreements (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_agreements PRIMARY KEY,
    number text NOT NULL CONSTRAINT uq_agreements_number UNIQUE,
    award_id uuid NOT NULL CONSTRAINT fk_agreements_award_id_awards REFERENCES awards,
    job_id uuid NOT NULL CONSTRAINT fk_agreements_job_id_jobs REFERENCES jobs,
    voucher_id uuid NOT NULL CONSTRAINT fk_agreements_voucher_id_vouchers REFERENCES vouchers,
    organisation_id uuid NOT NULL
        CONSTRAINT fk_agreements_organisation_id_organisations REFERENCES organisations,
    provider_id uuid NOT NULL CONSTRAINT fk_agreements_provider_id_providers REFERENCES providers,
    title text NOT NULL,
    price_net bigint NOT NULL,
    aid bigint NOT NULL,
    co_payment bigint NOT NULL,
    aid_parts jsonb,
    currency text NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    status text NOT NULL,
    sme_signed_by uuid CONSTRAINT fk_agreements_sme_signed_by_people REFERENCES people,
    sme_signed_at timestamptz,
    sme_device_hash text,
    provider_signed_by uuid CONSTRAINT fk_agreements_provider_signed_by_people REFERENCES people,
    provider_signed_at timestamptz,
    provider_device_hash text,
    signed_at timestamptz,
    redeemed_at timestamptz,
    cancelled_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT ck_agreements_status CHECK (status IN ('drafted', 'signed', 'redeemed', 'cancelled')),
    CONSTRAINT ck_agreements_shares CHECK (price_net = aid + co_payment),
    CONSTRAINT ck_agreements_amounts CHECK (price_net > 0 AND aid > 0 AND co_payment >= 0),
    CONSTRAINT ck_agreements_plan CHECK (ends_on > starts_on),
    CONSTRAINT ck_agreements_signed
        CHECK (status NOT IN ('signed', 'redeemed') OR (signed_at IS NOT NULL AND sme_signed_at IS NOT NULL AND
            provider_signed_at IS NOT NULL)),
    CONSTRAINT ck_agreements_redeemed_at CHECK (status NOT IN ('redeemed') OR redeemed_at IS NOT NULL),
    CONSTRAINT ck_agreements_cancelled_at CHECK (status NOT IN ('cancelled') OR cancelled_at IS NOT NULL),
    CONSTRAINT ck_agreements_two_people CHECK (sme_signed_by <> provider_signed_by),
    CONSTRAINT ck_agreements_aid_parts CHECK (aid_parts IS NULL OR sum_of_values(aid_parts) = aid)
);
CREATE INDEX ix_agreements_ends_on ON agreements (ends_on);
CREATE INDEX ix_agreements_organisation_id ON agreements (organisation_id);
CREATE INDEX ix_agreements_provider_id ON agreements (provider_id);
CREATE INDEX ix_agreements_voucher_id ON agreements (voucher_id);
CREATE UNIQUE INDEX uq_agreements_award_id ON agreements (award_id) WHERE status <> 'cancelled';

CREATE TABLE agreement_consultants (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_agreement_consultants PRIMARY KEY,
    agreement_id uuid NOT NULL CONSTRAINT fk_agreement_consultants_agreement_id_agreements REFERENCES agreements,
    consultant_id uuid NOT NULL
        CONSTRAINT fk_agreement_consultants_consultant_id_consultants REFERENCES consultants,
    replaces_id uuid
        CONSTRAINT fk_agreement_consultants_replaces_id_agreement_consultants REFERENCES agreement_consultants,
    reason text,
    status text NOT NULL,
    from_on date,
    until_on date,
    proposed_by uuid CONSTRAINT fk_agreement_consultants_proposed_by_people REFERENCES people,
    approved_by uuid CONSTRAINT fk_agreement_consultants_approved_by_people REFERENCES people,
    approved_at timestamptz,
    declined_at timestamptz,
    ended_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT ck_agreement_consultants_status CHECK (status IN ('proposed', 'active', 'declined', 'ended')),
    CONSTRAINT ck_agreement_consultants_approved_at
        CHECK (status NOT IN ('active', 'ended') OR approved_at IS NOT NULL),
    CONSTRAINT ck_agreement_consultants_approved_by
        CHECK (status NOT IN ('active', 'ended') OR approved_by IS NOT NULL),
    CONSTRAINT ck_agreement_consultants_declined_at CHECK (status NOT IN ('declined') OR declined_at IS NOT NULL),
    CONSTRAINT ck_agreement_consultants_ended_at CHECK (status NOT IN ('ended') OR ended_at IS NOT NULL),
    CONSTRAINT ck_agreement_consultants_two_people CHECK (approved_by <> proposed_by),
    CONSTRAINT ck_agreement_consultants_dates CHECK (until_on >= from_on)
);
CREATE UNIQUE INDEX uq_agreement_consultants_live ON agreement_consultants (agreement_id, consultant_id) WHERE
    status IN ('proposed', 'active');

CREATE TABLE agreement_stages (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_agreement_stages PRIMARY KEY,
    agreement_id uuid NOT NULL CONSTRAINT fk_agreement_stages_agreement_id_agreements REFERENCES agreements,
    position integer NOT NULL,
    code text NOT NULL,
    price_net bigint NOT NULL,
    aid bigint NOT NULL,
    co_payment bigint NOT NULL,
    cost_parts jsonb,
    days integer NOT NULL,
    CONSTRAINT ck_agreement_stages_shares CHECK (price_net = aid + co_payment AND aid >= 0 AND co_payment >= 0),
    CONSTRAINT ck_agreement_stages_days CHECK (days > 0),
    CONSTRAINT uq_agreement_stages_agreement_id_position UNIQUE (agreement_id, position),
    CONSTRAINT uq_agreement_stages_agreement_id_code UNIQUE (agreement_id, code)
);

CREATE TABLE co_payments (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_co_payments PRIMARY KEY,
    agreement_id uuid NOT NULL CONSTRAINT fk_co_payments_agreement_id_agreements REFERENCES agreements
        CONSTRAINT uq_co_payments_agreement_id UNIQUE,
    amount bigint NOT NULL,
    currency text NOT NULL,
    reference text NOT NULL CONSTRAINT uq_co_payments_reference UNIQUE,
    due_on date NOT NULL,
    status text NOT NULL,
    payer_name text,
    payer_account text,
    payer_bank text,
    holder_name text,
    booked_on date,
    paid_at timestamptz,
    lapsed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT ck_co_payments_status CHECK (status IN ('awaited', 'paid', 'lapsed')),
    CONSTRAINT ck_co_payments_paid_at CHECK (status NOT IN ('paid') OR paid_at IS NOT NULL),
    CONSTRAINT ck_co_payments_payer_name CHECK (status NOT IN ('paid') OR payer_name IS NOT NULL),
    CONSTRAINT ck_co_payments_lapsed_at CHECK (status NOT IN ('lapsed') OR lapsed_at IS NOT NULL),
    CONSTRAINT ck_co_payments_amount CHECK (amount > 0)
);
CREATE INDEX ix_co_payments_plain_number ON co_payments (plain_number(payer_account));

CREATE TABLE engagements (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_engagements PRIMARY KEY,
    number text NOT NULL CONSTRAINT uq_engagements_number UNIQUE,
    agreement_id uuid NOT NULL CONSTRAINT fk_engagements_agreement_id_agreements REFERENCES agreements
        CONSTRAINT uq_engagements_agreement_id UNIQUE,
    organisation_id uuid NOT NULL
        CONSTRAINT fk_engagements_organisation_id_organisations REFERENCES organisations,
    provider_id uuid NOT NULL CONSTRAINT fk_engagements_provider_id_providers REFERENCES providers,
    status text NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    lapsed_at timestamptz,
    terminated_at timestamptz,
    terminated_by uuid CONSTRAINT fk_engagements_terminated_by_people REFERENCES people,
    termination_reason text,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT ck_engagements_finished_at CHECK (status NOT IN ('finished') OR finished_at IS NOT NULL),
    CONSTRAINT ck_engagements_lapsed_at CHECK (status NOT IN ('lapsed') OR lapsed_at IS NOT NULL),
    CONSTRAINT ck_engagements_status
        CHECK (status IN ('awaiting_co_payment', 'active', 'finished', 'lapsed', 'terminated')),
    CONSTRAINT ck_engagements_started_at
        CHECK (status NOT IN ('active', 'finished') OR started_at IS NOT NULL),
    CONSTRAINT ck_engagements_terminated_at CHECK (status NOT IN ('terminated') OR terminated_at IS NOT NULL),
    CONSTRAINT ck_engagements_termination
        CHECK ((terminated_at IS NULL) = (terminated_by IS NULL) AND (terminated_at IS NULL OR
            coalesce(termination_reason, '') <> ''))
);
CREATE INDEX ix_engagements_organisation_id ON engagements (organisation_id);
CREATE INDEX ix_engagements_provider_id ON engagements (provider_id);

CREATE TABLE redemptions (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_redemptions PRIMARY KEY,
    agreement_id uuid NOT NULL CONSTRAINT fk_redemptions_agreement_id_agreements REFERENCES agreements
        CONSTRAINT uq_redemptions_agreement_id UNIQUE,
    voucher_id uuid NOT NULL CONSTRAINT fk_redemptions_voucher_id_vouchers REFERENCES vouchers,
    amount bigint NOT NULL,
    currency text NOT NULL,
    key text NOT NULL CONSTRAINT uq_redemptions_key UNIQUE,
    redeemed_by uuid NOT NULL CONSTRAINT fk_redemptions_redeemed_by_people REFERENCES people,
    redeemed_at timestamptz NOT NULL,
    device_hash text,
    CONSTRAINT ck_redemptions_amount CHECK (amount > 0)
);
CREATE INDEX ix_redemptions_voucher_id ON redemptions (voucher_id);

CREATE TABLE stages (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_stages PRIMARY KEY,
    engagement_id uuid NOT NULL CONSTRAINT fk_stages_engagement_id_engagements REFERENCES engagements,
    agreement_stage_id uuid NOT NULL
        CONSTRAINT fk_stages_agreement_stage_id_agreement_stages REFERENCES agreement_stages
        CONSTRAINT uq_stages_agreement_stage_id UNIQUE,
    position integer NOT NULL,
    code text NOT NULL,
    status text NOT NULL,
    opened_at timestamptz,
    delivered_at timestamptz,
    delivered_by uuid CONSTRAINT fk_stages_delivered_by_people REFERENCES people,
    accepted_at timestamptz,
    accepted_by uuid CONSTRAINT fk_stages_accepted_by_people REFERENCES people,
    ended_at timestamptz,
    device_hash text,
    CONSTRAINT ck_stages_opened_at
        CHECK (status NOT IN ('open', 'delivered', 'accepted') OR opened_at IS NOT NULL),
    CONSTRAINT ck_stages_delivered_at CHECK (status NOT IN ('delivered', 'accepted') OR delivered_at IS NOT NULL),
    CONSTRAINT ck_stages_accepted_at CHECK (status NOT IN ('accepted') OR accepted_at IS NOT NULL),
    CONSTRAINT ck_stages_accepted_by CHECK (status NOT IN ('accepted') OR accepted_by IS NOT NULL),
    CONSTRAINT ck_stages_two_people CHECK (accepted_by <> delivered_by),
    CONSTRAINT uq_stages_engagement_id_position UNIQUE (engagement_id, position),
    CONSTRAINT ck_stages_status CHECK (status IN ('waiting', 'open', 'delivered', 'accepted', 'ended')),
    CONSTRAINT ck_stages_ended_at CHECK (status NOT IN ('ended') OR ended_at IS NOT NULL)
);
CREATE UNIQUE INDEX uq_stages_under_way ON stages (engagement_id) WHERE status IN ('open', 'delivered');

CREATE TABLE consulting_sessions (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_consulting_sessions PRIMARY KEY,
    engagement_id uuid NOT NULL
        CONSTRAINT fk_consulting_sessions_engagement_id_engagements REFERENCES engagements,
    stage_id uuid NOT NULL CONSTRAINT fk_consulting_sessions_stage_id_stages REFERENCES stages,
    consultant_id uuid NOT NULL
        CONSTRAINT fk_consulting_sessions_consultant_id_consultants REFERENCES consultants,
    person_id uuid NOT NULL CONSTRAINT fk_consulting_sessions_person_id_people REFERENCES people,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    place text NOT NULL,
    summary text NOT NULL,
    status text NOT NULL,
    recorded_by uuid NOT NULL CONSTRAINT fk_consulting_sessions_recorded_by_people REFERENCES people,
    recorder_device_hash text,
    countersigned_by uuid CONSTRAINT fk_consulting_sessions_countersigned_by_people REFERENCES people,
    countersigned_at timestamptz,
    device_hash text,
    rejected_by uuid CONSTRAINT fk_consulting_sessions_rejected_by_people REFERENCES people,
    rejected_at timestamptz,
    rejection_reason text,
    withdrawn_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT ck_consulting_sessions_status
        CHECK (status IN ('recorded', 'countersigned', 'rejected', 'withdrawn')),
    CONSTRAINT ck_consulting_sessions_countersigned_at
        CHECK (status NOT IN ('countersigned') OR countersigned_at IS NOT NULL),
    CONSTRAINT ck_consulting_sessions_countersigned_by
        CHECK (status NOT IN ('countersigned') OR countersigned_by IS NOT NULL),
    CONSTRAINT ck_consulting_sessions_rejected_at CHECK (status NOT IN ('rejected') OR rejected_at IS NOT NULL),
    CONSTRAINT ck_consulting_sessions_rejected_by CHECK (status NOT IN ('rejected') OR rejected_by IS NOT NULL),
    CONSTRAINT ck_consulting_sessions_rejection_reason
        CHECK (status NOT IN ('rejected') OR rejection_reason IS NOT NULL),
    CONSTRAINT ck_consulting_sessions_withdrawn_at CHECK (status NOT IN ('withdrawn') OR withdrawn_at IS NOT NULL),
    CONSTRAINT ck_consulting_sessions_two_people CHECK (countersigned_by NOT IN (recorded_by, person_id)),
    CONSTRAINT ck_consulting_sessions_duration
        CHECK (ends_at > starts_at AND ends_at <= starts_at + interval '12 hours'),
    CONSTRAINT ex_consulting_sessions_overlap
        EXCLUDE USING gist (person_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE ((status NOT IN ('rejected', 'withdrawn')))
);
CREATE INDEX ix_consulting_sessions_engagement_id ON consulting_sessions (engagement_id);

CREATE TABLE deliverables (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_deliverables PRIMARY KEY,
    engagement_id uuid NOT NULL CONSTRAINT fk_deliverables_engagement_id_engagements REFERENCES engagements,
    stage_id uuid NOT NULL CONSTRAINT fk_deliverables_stage_id_stages REFERENCES stages,
    file_id uuid NOT NULL CONSTRAINT fk_deliverables_file_id_files REFERENCES files,
    replaces_id uuid CONSTRAINT fk_deliverables_replaces_id_deliverables REFERENCES deliverables
        CONSTRAINT uq_deliverables_replaces_id UNIQUE,
    title text NOT NULL,
    status text NOT NULL,
    sha256 text NOT NULL,
    text_sha256 text,
    text_characters integer,
    shingles bigint[],
    compared_at timestamptz,
    unreadable_reason text,
    submitted_by uuid NOT NULL CONSTRAINT fk_deliverables_submitted_by_people REFERENCES people,
    device_hash text,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    accepted_at timestamptz,
    correction_reason text,
    correction_requested_by uuid CONSTRAINT fk_deliverables_correction_requested_by_people REFERENCES people,
    correction_requested_at timestamptz,
    replaced_at timestamptz,
    CONSTRAINT ck_deliverables_status
        CHECK (status IN ('submitted', 'accepted', 'correction_requested', 'replaced')),
    CONSTRAINT ck_deliverables_accepted_at CHECK (status NOT IN ('accepted') OR accepted_at IS NOT NULL),
    CONSTRAINT ck_deliverables_correction
        CHECK (status <> 'correction_requested' OR (correction_requested_at IS NOT NULL AND correction_reason <>
            ''))
);
CREATE INDEX ix_deliverables_engagement_id ON deliverables (engagement_id);
CREATE INDEX ix_deliverables_sha256 ON deliverables (sha256);
CREATE INDEX ix_deliverables_text_sha256 ON deliverables (text_sha256);

CREATE TABLE similar_deliverables (
    deliverable_id uuid CONSTRAINT fk_similar_deliverables_deliverable_id_deliverables REFERENCES deliverables,
    other_id uuid CONSTRAINT fk_similar_deliverables_other_id_deliverables REFERENCES deliverables,
    similarity_percent integer NOT NULL,
    same_file boolean NOT NULL,
    CONSTRAINT pk_similar_deliverables PRIMARY KEY (deliverable_id, other_id),
    CONSTRAINT ck_similar_deliverables_similarity_percent CHECK (similarity_percent BETWEEN 0 AND 100),
    CONSTRAINT ck_similar_deliverables_two_documents CHECK (deliverable_id <> other_id)
);

REVOKE DELETE ON agreements, agreement_consultants, co_payments, engagements, stages, consulting_sessions,
    deliverables FROM app;
REVOKE UPDATE, DELETE ON agreement_stages, redemptions, similar_deliverables FROM app;
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them, with the area's functions."""
    op.execute(
        "DROP TABLE similar_deliverables, deliverables, consulting_sessions, stages, redemptions,"
        " engagements, co_payments, agreement_stages, agreement_consultants, agreements"
    )
    op.execute("DROP SEQUENCE number_agr, number_eng, number_cop")
    drop_functions("engagements")
