"""Applications with their evidence and scores, places in waiting rooms, allocations, vouchers."""

from alembic import op

from marketplace.core.sql import drop_functions

revision = "0008"
down_revision = "0007"

TABLES = """
CREATE SEQUENCE number_app;
CREATE SEQUENCE number_vou;
CREATE SEQUENCE application_tickets;

CREATE TABLE applications (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_applications PRIMARY KEY,
    number text NOT NULL CONSTRAINT uq_applications_number UNIQUE,
    call_id uuid NOT NULL CONSTRAINT fk_applications_call_id_calls REFERENCES calls,
    organisation_id uuid NOT NULL
        CONSTRAINT fk_applications_organisation_id_organisations REFERENCES organisations,
    status text NOT NULL,
    ticket bigint CONSTRAINT uq_applications_ticket UNIQUE,
    service_line text,
    need text,
    facts jsonb NOT NULL,
    declarations jsonb NOT NULL,
    prepared_by uuid CONSTRAINT fk_applications_prepared_by_people REFERENCES people,
    helped_by uuid CONSTRAINT fk_applications_helped_by_people REFERENCES people,
    submitted_by uuid CONSTRAINT fk_applications_submitted_by_people REFERENCES people,
    submitted_at timestamptz,
    device_hash text,
    address_hash text,
    decided_by uuid CONSTRAINT fk_applications_decided_by_people REFERENCES people,
    decided_at timestamptz,
    reason text,
    allocated_at timestamptz,
    waitlisted_at timestamptz,
    offered_at timestamptz,
    offer_ends_at timestamptz,
    end_told_at timestamptz,
    refused_at timestamptz,
    withdrawn_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT ck_applications_ticket
        CHECK (status IN ('draft', 'withdrawn') OR (ticket IS NOT NULL AND submitted_at IS NOT NULL)),
    CONSTRAINT ck_applications_decided_at CHECK (status NOT IN ('accepted') OR decided_at IS NOT NULL),
    CONSTRAINT ck_applications_allocated_at CHECK (status NOT IN ('allocated') OR allocated_at IS NOT NULL),
    CONSTRAINT ck_applications_waitlisted_at CHECK (status NOT IN ('waitlisted') OR waitlisted_at IS NOT NULL),
    CONSTRAINT ck_applications_refused_at CHECK (status NOT IN ('refused') OR refused_at IS NOT NULL),
    CONSTRAINT ck_applications_withdrawn_at CHECK (status NOT IN ('withdrawn') OR withdrawn_at IS NOT NULL),
    CONSTRAINT ck_applications_status
        CHECK (status IN ('draft', 'submitted', 'in_review', 'accepted', 'offered', 'allocated', 'waitlisted',
            'refused', 'withdrawn')),
    CONSTRAINT ck_applications_offered_at CHECK (status NOT IN ('offered') OR offered_at IS NOT NULL),
    CONSTRAINT ck_applications_offer_ends_at CHECK ((offered_at IS NULL) = (offer_ends_at IS NULL))
);
CREATE INDEX ix_applications_submitted_at ON applications (submitted_at);
CREATE UNIQUE INDEX uq_applications_live ON applications (call_id, organisation_id) WHERE status NOT IN ('refused',
    'withdrawn');
CREATE INDEX ix_applications_organisation_id ON applications (organisation_id);
CREATE INDEX ix_applications_in_line ON applications (call_id, ticket) WHERE status IN ('submitted', 'in_review',
    'accepted', 'waitlisted');

CREATE TABLE evidence (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_evidence PRIMARY KEY,
    application_id uuid NOT NULL CONSTRAINT fk_evidence_application_id_applications REFERENCES applications,
    file_id uuid NOT NULL CONSTRAINT fk_evidence_file_id_files REFERENCES files,
    kind text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT ck_evidence_kind CHECK (kind IN ('business_registration', 'employees', 'financial', 'other'))
);
CREATE INDEX ix_evidence_application_id ON evidence (application_id);

CREATE TABLE claimed_certificates (
    application_id uuid NOT NULL
        CONSTRAINT fk_claimed_certificates_application_id_applications REFERENCES applications,
    kind text NOT NULL,
    certificate_id uuid NOT NULL
        CONSTRAINT fk_claimed_certificates_certificate_id_certificates REFERENCES certificates,
    number text NOT NULL,
    valid_from date NOT NULL,
    valid_until date NOT NULL,
    valid_on date NOT NULL,
    verify_by date NOT NULL,
    settled_at timestamptz,
    refusal text,
    CONSTRAINT pk_claimed_certificates PRIMARY KEY (application_id, kind),
    CONSTRAINT ck_claimed_certificates_refusal CHECK (refusal IS NULL OR settled_at IS NOT NULL),
    CONSTRAINT ck_claimed_certificates_verify_by CHECK (verify_by >= valid_on)
);
CREATE INDEX ix_claimed_certificates_certificate_id ON claimed_certificates (certificate_id);

CREATE TABLE assessments (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_assessments PRIMARY KEY,
    application_id uuid NOT NULL CONSTRAINT fk_assessments_application_id_applications REFERENCES applications,
    occasion text NOT NULL,
    standard text NOT NULL,
    standard_date date NOT NULL,
    result text NOT NULL,
    inputs jsonb NOT NULL,
    rules jsonb NOT NULL,
    evidence jsonb NOT NULL,
    assessed_by uuid CONSTRAINT fk_assessments_assessed_by_people REFERENCES people,
    assessed_at timestamptz NOT NULL,
    CONSTRAINT ck_assessments_result CHECK (result IN ('eligible', 'not_eligible', 'undetermined')),
    CONSTRAINT ck_assessments_occasion CHECK (occasion IN ('submission', 'allocation', 'redemption', 'payment'))
);
CREATE INDEX ix_assessments_application_id ON assessments (application_id);

CREATE TABLE allocations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_allocations PRIMARY KEY,
    call_id uuid NOT NULL CONSTRAINT fk_allocations_call_id_calls REFERENCES calls
        CONSTRAINT uq_allocations_call_id UNIQUE,
    opening jsonb NOT NULL,
    list_hash text NOT NULL,
    file_hash text,
    started_by uuid CONSTRAINT fk_allocations_started_by_people REFERENCES people,
    started_at timestamptz NOT NULL,
    decided_at timestamptz,
    finished_at timestamptz,
    asked_to bigint NOT NULL DEFAULT 0,
    answered_to integer NOT NULL DEFAULT 0,
    CONSTRAINT ck_allocations_list_hash CHECK (list_hash ~ '^[0-9a-f]{64}$'),
    CONSTRAINT ck_allocations_decided_at CHECK (finished_at IS NULL OR decided_at IS NOT NULL),
    CONSTRAINT ck_allocations_file_hash CHECK (file_hash ~ '^[0-9a-f]{64}$')
);

CREATE TABLE allocation_entries (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_allocation_entries PRIMARY KEY,
    call_id uuid NOT NULL CONSTRAINT fk_allocation_entries_call_id_calls REFERENCES calls,
    application_id uuid NOT NULL
        CONSTRAINT fk_allocation_entries_application_id_applications REFERENCES applications,
    ticket bigint NOT NULL,
    outcome text NOT NULL,
    reason text,
    detail jsonb,
    position integer,
    parts jsonb NOT NULL,
    decided_at timestamptz NOT NULL,
    CONSTRAINT ck_allocation_entries_outcome CHECK (outcome IN ('allocated', 'waitlisted', 'refused')),
    CONSTRAINT uq_allocation_entries_application_id_outcome UNIQUE (application_id, outcome)
);
CREATE INDEX ix_allocation_entries_call_id_ticket ON allocation_entries (call_id, ticket);

CREATE TABLE vouchers (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_vouchers PRIMARY KEY,
    number text NOT NULL CONSTRAINT uq_vouchers_number UNIQUE,
    code text NOT NULL CONSTRAINT uq_vouchers_code UNIQUE,
    application_id uuid NOT NULL CONSTRAINT fk_vouchers_application_id_applications REFERENCES applications
        CONSTRAINT uq_vouchers_application_id UNIQUE,
    call_id uuid NOT NULL CONSTRAINT fk_vouchers_call_id_calls REFERENCES calls,
    programme_id uuid NOT NULL CONSTRAINT fk_vouchers_programme_id_programmes REFERENCES programmes,
    organisation_id uuid NOT NULL CONSTRAINT fk_vouchers_organisation_id_organisations REFERENCES organisations,
    amount bigint NOT NULL,
    released bigint NOT NULL,
    currency text NOT NULL,
    one_active boolean NOT NULL,
    status text NOT NULL,
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    suspended_at timestamptz,
    exhausted_at timestamptz,
    expired_at timestamptz,
    surrendered_at timestamptz,
    revoked_at timestamptz,
    extended_at timestamptz,
    extended_by uuid CONSTRAINT fk_vouchers_extended_by_people REFERENCES people,
    extension_reason text,
    reminded_percent integer NOT NULL DEFAULT 0,
    CONSTRAINT ck_vouchers_status
        CHECK (status IN ('issued', 'suspended', 'exhausted', 'expired', 'surrendered', 'revoked')),
    CONSTRAINT ck_vouchers_amount CHECK (amount > 0),
    CONSTRAINT ck_vouchers_released CHECK (released BETWEEN 0 AND amount),
    CONSTRAINT ck_vouchers_expires_at CHECK (issued_at < expires_at),
    CONSTRAINT ck_vouchers_suspended_at CHECK (status NOT IN ('suspended') OR suspended_at IS NOT NULL),
    CONSTRAINT ck_vouchers_exhausted_at CHECK (status NOT IN ('exhausted') OR exhausted_at IS NOT NULL),
    CONSTRAINT ck_vouchers_expired_at CHECK (status NOT IN ('expired') OR expired_at IS NOT NULL),
    CONSTRAINT ck_vouchers_surrendered_at CHECK (status NOT IN ('surrendered') OR surrendered_at IS NOT NULL),
    CONSTRAINT ck_vouchers_revoked_at CHECK (status NOT IN ('revoked') OR revoked_at IS NOT NULL),
    CONSTRAINT ck_vouchers_extension_reason CHECK ((extended_at IS NULL) = (extension_reason IS NULL)),
    CONSTRAINT ck_vouchers_reminded_percent CHECK (reminded_percent BETWEEN 0 AND 100)
);
CREATE INDEX ix_vouchers_issued_at ON vouchers (issued_at);
CREATE INDEX ix_vouchers_expires_at ON vouchers (expires_at);
CREATE INDEX ix_vouchers_call_id ON vouchers (call_id);
CREATE UNIQUE INDEX uq_vouchers_one_active ON vouchers (programme_id, organisation_id) WHERE one_active AND (status
    IN ('issued', 'suspended'));
CREATE INDEX ix_vouchers_organisation_id ON vouchers (organisation_id);
CREATE INDEX ix_vouchers_expiring ON vouchers (expires_at) WHERE status IN ('issued', 'suspended');

CREATE TABLE sealed_tickets (
    application_id uuid CONSTRAINT pk_sealed_tickets PRIMARY KEY
        CONSTRAINT fk_sealed_tickets_application_id_applications REFERENCES applications,
    call_id uuid NOT NULL CONSTRAINT fk_sealed_tickets_call_id_calls REFERENCES calls,
    ticket bigint NOT NULL,
    place integer NOT NULL,
    refusal text,
    undertaking uuid NOT NULL,
    promised bigint NOT NULL,
    stratum text,
    points jsonb,
    CONSTRAINT ck_sealed_tickets_place CHECK (place > 0),
    CONSTRAINT ck_sealed_tickets_promised CHECK (promised >= 0),
    CONSTRAINT uq_sealed_tickets_call_id_place UNIQUE (call_id, place),
    CONSTRAINT uq_sealed_tickets_call_id_ticket UNIQUE (call_id, ticket)
);

CREATE TABLE scorings (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_scorings PRIMARY KEY,
    application_id uuid NOT NULL CONSTRAINT fk_scorings_application_id_applications REFERENCES applications,
    evaluator_id uuid NOT NULL CONSTRAINT fk_scorings_evaluator_id_people REFERENCES people,
    status text NOT NULL,
    statement text,
    assigned_at timestamptz NOT NULL DEFAULT app_now(),
    last_day date NOT NULL,
    declared_at timestamptz,
    scored_at timestamptz,
    lapsed_at timestamptz,
    CONSTRAINT ck_scorings_declared_at
        CHECK (status NOT IN ('accepted', 'refused', 'scored') OR declared_at IS NOT NULL),
    CONSTRAINT ck_scorings_scored_at CHECK (status NOT IN ('scored') OR scored_at IS NOT NULL),
    CONSTRAINT ck_scorings_statement CHECK (status <> 'refused' OR statement IS NOT NULL),
    CONSTRAINT uq_scorings_application_id_evaluator_id UNIQUE (application_id, evaluator_id),
    CONSTRAINT ck_scorings_status CHECK (status IN ('assigned', 'accepted', 'refused', 'scored', 'lapsed')),
    CONSTRAINT ck_scorings_lapsed_at CHECK (status NOT IN ('lapsed') OR lapsed_at IS NOT NULL)
);
CREATE INDEX ix_scorings_evaluator_id_status ON scorings (evaluator_id, status);

CREATE TABLE scores (
    scoring_id uuid CONSTRAINT fk_scores_scoring_id_scorings REFERENCES scorings,
    criterion text,
    points integer NOT NULL,
    reason text NOT NULL,
    CONSTRAINT pk_scores PRIMARY KEY (scoring_id, criterion),
    CONSTRAINT ck_scores_points CHECK (points >= 0),
    CONSTRAINT ck_scores_reason CHECK (length(trim(reason)) >= 10)
);

CREATE TABLE waiting_places (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_waiting_places PRIMARY KEY,
    call_id uuid NOT NULL CONSTRAINT fk_waiting_places_call_id_waiting_rooms REFERENCES waiting_rooms,
    organisation_id uuid NOT NULL
        CONSTRAINT fk_waiting_places_organisation_id_organisations REFERENCES organisations,
    entered_by uuid NOT NULL CONSTRAINT fk_waiting_places_entered_by_people REFERENCES people,
    entered_at timestamptz NOT NULL,
    position integer,
    ticket bigint CONSTRAINT uq_waiting_places_ticket UNIQUE,
    application_id uuid CONSTRAINT fk_waiting_places_application_id_applications REFERENCES applications
        CONSTRAINT uq_waiting_places_application_id UNIQUE,
    CONSTRAINT ck_waiting_places_ticket CHECK ((position IS NULL) = (ticket IS NULL)),
    CONSTRAINT ck_waiting_places_application_id CHECK (application_id IS NULL OR ticket IS NOT NULL),
    CONSTRAINT uq_waiting_places_call_id_organisation_id UNIQUE (call_id, organisation_id)
);

REVOKE DELETE ON waiting_places FROM app;
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them, with the area's functions."""
    op.execute(
        "DROP TABLE waiting_places, scores, scorings, sealed_tickets, vouchers, allocation_entries,"
        " allocations, assessments, claimed_certificates, evidence, applications"
    )
    op.execute("DROP SEQUENCE number_app, number_vou, application_tickets")
    drop_functions("vouchers")
