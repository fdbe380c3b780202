"""Claims with their risk and clock, holds, refunds, payment batches and what the bank says."""

from alembic import op

from marketplace.core.sql import drop_functions

revision = "0011"
down_revision = "0010"

TABLES = """
CREATE SEQUENCE number_clm;
CREATE SEQUENCE number_pay;
CREATE SEQUENCE number_ref;

CREATE TABLE bank_imports (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_bank_imports PRIMARY KEY,
    sha256 text NOT NULL CONSTRAINT uq_bank_imports_sha256 UNIQUE,
    file_name text NOT NULL,
    imported_by uuid CONSTRAINT fk_bank_imports_imported_by_people REFERENCES people,
    read_at timestamptz,
    refused jsonb,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT ck_bank_imports_refused CHECK (refused IS NULL OR read_at IS NOT NULL)
);
CREATE INDEX ix_bank_imports_created_at ON bank_imports (created_at);

CREATE TABLE payment_batches (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_payment_batches PRIMARY KEY,
    number text NOT NULL CONSTRAINT uq_payment_batches_number UNIQUE,
    currency text NOT NULL,
    status text NOT NULL,
    prepared_by uuid NOT NULL CONSTRAINT fk_payment_batches_prepared_by_people REFERENCES people,
    prepared_at timestamptz NOT NULL,
    sent_by uuid CONSTRAINT fk_payment_batches_sent_by_people REFERENCES people,
    sent_at timestamptz,
    file_sha256 text,
    settled_at timestamptz,
    dissolved_at timestamptz,
    CONSTRAINT ck_payment_batches_status CHECK (status IN ('prepared', 'sent', 'settled', 'dissolved')),
    CONSTRAINT ck_payment_batches_sent_at CHECK (status NOT IN ('sent', 'settled') OR sent_at IS NOT NULL),
    CONSTRAINT ck_payment_batches_sent_by CHECK (status NOT IN ('sent', 'settled') OR sent_by IS NOT NULL),
    CONSTRAINT ck_payment_batches_file_sha256 CHECK (status NOT IN ('sent', 'settled') OR file_sha256 IS NOT NULL),
    CONSTRAINT ck_payment_batches_settled_at CHECK (status NOT IN ('settled') OR settled_at IS NOT NULL),
    CONSTRAINT ck_payment_batches_dissolved_at CHECK (status NOT IN ('dissolved') OR dissolved_at IS NOT NULL),
    CONSTRAINT ck_payment_batches_four_eyes CHECK (sent_by <> prepared_by)
);

CREATE TABLE bank_reports (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_bank_reports PRIMARY KEY,
    import_id uuid NOT NULL CONSTRAINT fk_bank_reports_import_id_bank_imports REFERENCES bank_imports,
    position integer NOT NULL,
    kind text NOT NULL,
    identification text NOT NULL,
    page integer NOT NULL,
    account text NOT NULL,
    currency text NOT NULL,
    opening bigint,
    closing bigint,
    opened_on date,
    closed_on date,
    entries integer NOT NULL,
    announced integer NOT NULL,
    odd jsonb NOT NULL,
    sum text,
    difference bigint NOT NULL,
    CONSTRAINT ck_bank_reports_kind CHECK (kind IN ('camt.052', 'camt.053', 'camt.054')),
    CONSTRAINT ck_bank_reports_sum CHECK (sum IN ('proved', 'differs', 'no_balances', 'currencies')),
    CONSTRAINT ck_bank_reports_proved CHECK (sum <> 'proved' OR difference = 0 AND opening IS NOT NULL),
    CONSTRAINT uq_bank_reports_import_id_position UNIQUE (import_id, position)
);
CREATE INDEX ix_bank_reports_account_closed_on ON bank_reports (account, closed_on);

CREATE TABLE bank_bookings (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_bank_bookings PRIMARY KEY,
    report_id uuid NOT NULL CONSTRAINT fk_bank_bookings_report_id_bank_reports REFERENCES bank_reports,
    number integer NOT NULL,
    kind text NOT NULL,
    account text NOT NULL,
    currency text NOT NULL,
    direction text NOT NULL,
    amount bigint NOT NULL,
    booked_on date NOT NULL,
    bank_reference text NOT NULL,
    is_reversal boolean NOT NULL,
    fingerprint text NOT NULL,
    occurrence integer NOT NULL,
    repeats_id uuid CONSTRAINT fk_bank_bookings_repeats_id_bank_bookings REFERENCES bank_bookings,
    resembles_id uuid CONSTRAINT fk_bank_bookings_resembles_id_bank_bookings REFERENCES bank_bookings,
    CONSTRAINT ck_bank_bookings_kind CHECK (kind IN ('camt.052', 'camt.053', 'camt.054')),
    CONSTRAINT ck_bank_bookings_direction CHECK (direction IN ('credit', 'debit')),
    CONSTRAINT ck_bank_bookings_amount CHECK (amount > 0),
    CONSTRAINT uq_bank_bookings_report_id_number UNIQUE (report_id, number)
);
CREATE UNIQUE INDEX uq_bank_bookings_identity ON bank_bookings (kind, fingerprint, occurrence)
    WHERE repeats_id IS NULL;
CREATE INDEX ix_bank_bookings_account_booked_on ON bank_bookings (account, booked_on);

CREATE TABLE bank_entries (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_bank_entries PRIMARY KEY,
    import_id uuid NOT NULL CONSTRAINT fk_bank_entries_import_id_bank_imports REFERENCES bank_imports,
    position integer NOT NULL,
    booking_id uuid NOT NULL CONSTRAINT fk_bank_entries_booking_id_bank_bookings REFERENCES bank_bookings,
    account text NOT NULL,
    bank_reference text NOT NULL,
    reference text NOT NULL,
    remittance text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    direction text NOT NULL,
    payer text NOT NULL DEFAULT '',
    debtor text NOT NULL,
    debtor_account text NOT NULL,
    debtor_bank text NOT NULL DEFAULT '',
    booked_on date NOT NULL,
    valued_on date NOT NULL,
    return_reason text NOT NULL,
    single boolean NOT NULL,
    is_charge boolean NOT NULL,
    is_known boolean NOT NULL,
    known_from_id uuid CONSTRAINT fk_bank_entries_known_from_id_bank_entries REFERENCES bank_entries,
    drawn_from_id uuid CONSTRAINT fk_bank_entries_drawn_from_id_bank_entries REFERENCES bank_entries,
    outcome text NOT NULL,
    note text,
    CONSTRAINT ck_bank_entries_direction CHECK (direction IN ('credit', 'debit')),
    CONSTRAINT ck_bank_entries_amount CHECK (amount > 0),
    CONSTRAINT ck_bank_entries_lengths CHECK (
        greatest(length(bank_reference), length(reference), length(debtor), length(debtor_account)) <= 140),
    CONSTRAINT uq_bank_entries_import_id_position UNIQUE (import_id, position),
    CONSTRAINT ck_bank_entries_known_from_id CHECK (is_known OR known_from_id IS NULL),
    CONSTRAINT ck_bank_entries_drawn_from_id CHECK (drawn_from_id IS NULL OR is_known),
    CONSTRAINT ck_bank_entries_outcome
        CHECK (outcome IN ('waiting', 'paid', 'returned', 'co_payment', 'reversed', 'receivable', 'charge', 'known',
            'told', 'unmatched'))
);
CREATE INDEX ix_bank_entries_booking_id ON bank_entries (booking_id);
CREATE INDEX ix_bank_entries_known_from_id ON bank_entries (known_from_id) WHERE known_from_id IS NOT NULL;
CREATE INDEX ix_bank_entries_drawn_from_id ON bank_entries (drawn_from_id) WHERE drawn_from_id IS NOT NULL;
CREATE INDEX ix_bank_entries_open ON bank_entries (outcome) WHERE outcome IN ('waiting', 'unmatched');
CREATE INDEX ix_bank_entries_plain_number ON bank_entries (plain_number(debtor_account));
CREATE INDEX ix_bank_entries_plain_name ON bank_entries (plain_firm_name(debtor));

CREATE TABLE claims (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_claims PRIMARY KEY,
    number text NOT NULL CONSTRAINT uq_claims_number UNIQUE,
    engagement_id uuid NOT NULL CONSTRAINT fk_claims_engagement_id_engagements REFERENCES engagements,
    provider_id uuid NOT NULL CONSTRAINT fk_claims_provider_id_providers REFERENCES providers,
    currency text NOT NULL,
    net_amount bigint NOT NULL,
    aid bigint NOT NULL,
    co_payment bigint NOT NULL,
    invoice_number text NOT NULL,
    invoice_file_id uuid CONSTRAINT fk_claims_invoice_file_id_files REFERENCES files,
    invoice_gross bigint NOT NULL,
    status text NOT NULL,
    route text NOT NULL DEFAULT 'people',
    needs_two boolean NOT NULL DEFAULT false,
    submitted_by uuid NOT NULL CONSTRAINT fk_claims_submitted_by_people REFERENCES people,
    submitted_at timestamptz NOT NULL,
    clock_starts_at timestamptz NOT NULL,
    device_hash text,
    resubmitted_at timestamptz,
    checks jsonb,
    checked_by uuid CONSTRAINT fk_claims_checked_by_people REFERENCES people,
    checked_at timestamptz,
    returned_by uuid CONSTRAINT fk_claims_returned_by_people REFERENCES people,
    returned_at timestamptz,
    return_reasons text[],
    requests smallint NOT NULL DEFAULT 0,
    answer text,
    first_approved_by uuid CONSTRAINT fk_claims_first_approved_by_people REFERENCES people,
    first_approved_at timestamptz,
    approved_by uuid CONSTRAINT fk_claims_approved_by_people REFERENCES people,
    approved_at timestamptz,
    approved_amount bigint,
    approved_aid bigint,
    approved_co_payment bigint,
    refused_by uuid CONSTRAINT fk_claims_refused_by_people REFERENCES people,
    refused_at timestamptz,
    refusal_reason text,
    batched_at timestamptz,
    paid_at timestamptz,
    bounced_at timestamptz,
    withdrawn_at timestamptz,
    CONSTRAINT ck_claims_shares CHECK (net_amount = aid + co_payment AND aid >= 0 AND co_payment >= 0),
    CONSTRAINT ck_claims_net_amount CHECK (net_amount > 0),
    CONSTRAINT ck_claims_invoice_gross CHECK (invoice_gross >= net_amount),
    CONSTRAINT ck_claims_approved_at
        CHECK (status NOT IN ('approved', 'batched', 'paid') OR approved_at IS NOT NULL),
    CONSTRAINT ck_claims_return_reasons CHECK (status NOT IN ('returned') OR return_reasons IS NOT NULL),
    CONSTRAINT ck_claims_returned_at CHECK (status NOT IN ('returned') OR returned_at IS NOT NULL),
    CONSTRAINT ck_claims_withdrawn_at CHECK (status NOT IN ('withdrawn') OR withdrawn_at IS NOT NULL),
    CONSTRAINT ck_claims_paid_at CHECK (status NOT IN ('paid') OR paid_at IS NOT NULL),
    CONSTRAINT ck_claims_status
        CHECK (status IN ('submitted', 'checked', 'returned', 'withdrawn', 'approved', 'first_approved', 'refused',
            'batched', 'paid')),
    CONSTRAINT ck_claims_route CHECK (route IN ('straight_through', 'people')),
    CONSTRAINT ck_claims_straight_through
        CHECK (route <> 'straight_through' OR (checked_by IS NULL AND first_approved_by IS NULL AND approved_by IS
            NULL AND NOT needs_two)),
    CONSTRAINT ck_claims_requests CHECK (requests BETWEEN 0 AND 1),
    CONSTRAINT ck_claims_checked_by
        CHECK (route = 'straight_through' OR (status NOT IN ('checked', 'first_approved', 'approved', 'batched',
            'paid') OR checked_by IS NOT NULL)),
    CONSTRAINT ck_claims_checked_at
        CHECK (route = 'straight_through' OR (status NOT IN ('checked', 'first_approved', 'approved', 'batched',
            'paid') OR checked_at IS NOT NULL)),
    CONSTRAINT ck_claims_approved_by
        CHECK (route = 'straight_through' OR (status NOT IN ('approved', 'batched', 'paid') OR approved_by IS NOT
            NULL)),
    CONSTRAINT ck_claims_first_approved_by
        CHECK (status NOT IN ('first_approved') OR first_approved_by IS NOT NULL),
    CONSTRAINT ck_claims_first_approved_at
        CHECK (status NOT IN ('first_approved') OR first_approved_at IS NOT NULL),
    CONSTRAINT ck_claims_two_approvals
        CHECK (NOT needs_two OR (status NOT IN ('approved', 'batched', 'paid') OR first_approved_by IS NOT NULL)),
    CONSTRAINT ck_claims_four_eyes
        CHECK (approved_by <> checked_by AND approved_by <> submitted_by AND approved_by <> first_approved_by AND
            first_approved_by <> checked_by AND first_approved_by <> submitted_by),
    CONSTRAINT ck_claims_refused_by CHECK (refused_by <> checked_by AND refused_by <> submitted_by),
    CONSTRAINT ck_claims_refused
        CHECK (status <> 'refused' OR (refused_by IS NOT NULL AND refused_at IS NOT NULL AND
            coalesce(refusal_reason, '') <> '' AND approved_amount IS NOT DISTINCT FROM 0)),
    CONSTRAINT ck_claims_approved
        CHECK (approved_aid BETWEEN 0 AND aid AND approved_co_payment BETWEEN 0 AND co_payment),
    CONSTRAINT ck_claims_approved_shares
        CHECK (approved_amount = approved_aid + approved_co_payment AND num_nulls(approved_amount, approved_aid,
            approved_co_payment) IN (0, 3)),
    CONSTRAINT ck_claims_something_approved
        CHECK (status NOT IN ('first_approved', 'approved', 'batched', 'paid') OR coalesce(approved_amount, 0) > 0)
);
CREATE INDEX ix_claims_submitted_at ON claims (submitted_at);
CREATE INDEX ix_claims_clock_starts_at ON claims (clock_starts_at);
CREATE INDEX ix_claims_net_amount ON claims (net_amount);
CREATE INDEX ix_claims_engagement_id ON claims (engagement_id);
CREATE INDEX ix_claims_provider_id ON claims (provider_id);
CREATE INDEX ix_claims_status ON claims (status);

CREATE TABLE holds (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_holds PRIMARY KEY,
    engagement_id uuid NOT NULL CONSTRAINT fk_holds_engagement_id_engagements REFERENCES engagements,
    flag_id uuid,
    reason text NOT NULL,
    status text NOT NULL,
    placed_by uuid CONSTRAINT fk_holds_placed_by_people REFERENCES people,
    placed_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    extended_by uuid CONSTRAINT fk_holds_extended_by_people REFERENCES people,
    extended_at timestamptz,
    extension_reason text,
    ended_at timestamptz,
    lifted_by uuid CONSTRAINT fk_holds_lifted_by_people REFERENCES people,
    lifted_at timestamptz,
    lift_reason text,
    CONSTRAINT ck_holds_status CHECK (status IN ('active', 'ended', 'lifted')),
    CONSTRAINT ck_holds_ended_at CHECK (status NOT IN ('ended') OR ended_at IS NOT NULL),
    CONSTRAINT ck_holds_lifted_at CHECK (status NOT IN ('lifted') OR lifted_at IS NOT NULL),
    CONSTRAINT ck_holds_lifted_by CHECK (status NOT IN ('lifted') OR lifted_by IS NOT NULL),
    CONSTRAINT ck_holds_until_at CHECK (until_at > placed_at),
    CONSTRAINT ck_holds_extension
        CHECK (extended_at IS NULL OR (extended_by IS NOT NULL AND extension_reason <> ''))
);
CREATE INDEX ix_holds_placed_at ON holds (placed_at);
CREATE INDEX ix_holds_until_at ON holds (until_at) WHERE status = 'active';
CREATE UNIQUE INDEX uq_holds_flag_id ON holds (engagement_id, flag_id) WHERE status = 'active';

CREATE TABLE claim_lines (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_claim_lines PRIMARY KEY,
    claim_id uuid NOT NULL CONSTRAINT fk_claim_lines_claim_id_claims REFERENCES claims,
    stage_id uuid NOT NULL CONSTRAINT fk_claim_lines_stage_id_stages REFERENCES stages,
    aid bigint NOT NULL,
    co_payment bigint NOT NULL,
    approved_aid bigint,
    approved_co_payment bigint,
    cut_reason text,
    withdrawn_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT ck_claim_lines_amounts CHECK (aid >= 0 AND co_payment >= 0),
    CONSTRAINT ck_claim_lines_approved
        CHECK (approved_aid BETWEEN 0 AND aid AND approved_co_payment BETWEEN 0 AND co_payment),
    CONSTRAINT ck_claim_lines_decided CHECK ((approved_aid IS NULL) = (approved_co_payment IS NULL)),
    CONSTRAINT ck_claim_lines_cut_reason
        CHECK (approved_aid + approved_co_payment = aid + co_payment OR coalesce(cut_reason, '') <> '')
);
CREATE INDEX ix_claim_lines_claim_id ON claim_lines (claim_id);
CREATE UNIQUE INDEX uq_claim_lines_stage_id ON claim_lines (stage_id) WHERE withdrawn_at IS NULL;

CREATE TABLE claim_assessments (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_claim_assessments PRIMARY KEY,
    claim_id uuid NOT NULL CONSTRAINT fk_claim_assessments_claim_id_claims REFERENCES claims,
    occasion text NOT NULL,
    facts jsonb NOT NULL,
    signals text[] NOT NULL,
    score integer NOT NULL,
    low_points integer NOT NULL,
    sample_share integer NOT NULL,
    seed text NOT NULL,
    draw integer NOT NULL,
    sampled boolean NOT NULL,
    route text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT ck_claim_assessments_occasion CHECK (occasion IN ('submission', 'approval')),
    CONSTRAINT ck_claim_assessments_route CHECK (route IN ('straight_through', 'people')),
    CONSTRAINT ck_claim_assessments_draw CHECK (draw BETWEEN 0 AND 9999),
    CONSTRAINT ck_claim_assessments_sampled CHECK (sampled = (draw < sample_share)),
    CONSTRAINT ck_claim_assessments_low_risk CHECK (route = 'people' OR (NOT sampled AND score <= low_points)),
    CONSTRAINT uq_claim_assessments_claim_id_occasion UNIQUE (claim_id, occasion)
);

CREATE TABLE claim_escalations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_claim_escalations PRIMARY KEY,
    claim_id uuid NOT NULL CONSTRAINT fk_claim_escalations_claim_id_claims REFERENCES claims,
    step text NOT NULL,
    level smallint NOT NULL,
    told_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT ck_claim_escalations_step CHECK (step IN ('check', 'approve', 'pay')),
    CONSTRAINT ck_claim_escalations_level CHECK (level IN (1, 2)),
    CONSTRAINT uq_claim_escalations_claim_id_step_level UNIQUE (claim_id, step, level)
);

CREATE TABLE refunds (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_refunds PRIMARY KEY,
    number text NOT NULL CONSTRAINT uq_refunds_number UNIQUE,
    engagement_id uuid CONSTRAINT fk_refunds_engagement_id_engagements REFERENCES engagements,
    organisation_id uuid CONSTRAINT fk_refunds_organisation_id_organisations REFERENCES organisations,
    bank_entry_id uuid CONSTRAINT fk_refunds_bank_entry_id_bank_entries REFERENCES bank_entries
        CONSTRAINT uq_refunds_bank_entry_id UNIQUE,
    amount bigint NOT NULL,
    currency text NOT NULL,
    reason text NOT NULL,
    status text NOT NULL,
    requested_by uuid CONSTRAINT fk_refunds_requested_by_people REFERENCES people,
    requested_at timestamptz NOT NULL,
    holder_name text NOT NULL,
    account_number text NOT NULL,
    bank_name text NOT NULL,
    account_changed_by uuid CONSTRAINT fk_refunds_account_changed_by_people REFERENCES people,
    account_changed_at timestamptz,
    batched_at timestamptz,
    paid_at timestamptz,
    bounced_at timestamptz,
    CONSTRAINT ck_refunds_status CHECK (status IN ('awaiting', 'batched', 'paid')),
    CONSTRAINT ck_refunds_batched_at CHECK (status NOT IN ('batched', 'paid') OR batched_at IS NOT NULL),
    CONSTRAINT ck_refunds_paid_at CHECK (status NOT IN ('paid') OR paid_at IS NOT NULL),
    CONSTRAINT ck_refunds_account_number CHECK (status = 'awaiting' OR account_number <> ''),
    CONSTRAINT ck_refunds_account_changed CHECK ((account_changed_at IS NULL) = (account_changed_by IS NULL)),
    CONSTRAINT ck_refunds_amount CHECK (amount > 0),
    CONSTRAINT ck_refunds_reason CHECK (reason <> ''),
    CONSTRAINT ck_refunds_subject
        CHECK ((bank_entry_id IS NULL) = (engagement_id IS NOT NULL) AND (engagement_id IS NULL) = (organisation_id
            IS NULL))
);
CREATE INDEX ix_refunds_requested_at ON refunds (requested_at);
CREATE INDEX ix_refunds_amount ON refunds (amount);
CREATE INDEX ix_refunds_engagement_id ON refunds (engagement_id);
CREATE INDEX ix_refunds_organisation_id ON refunds (organisation_id);

CREATE TABLE payment_lines (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_payment_lines PRIMARY KEY,
    batch_id uuid NOT NULL CONSTRAINT fk_payment_lines_batch_id_payment_batches REFERENCES payment_batches,
    claim_id uuid CONSTRAINT fk_payment_lines_claim_id_claims REFERENCES claims,
    refund_id uuid CONSTRAINT fk_payment_lines_refund_id_refunds REFERENCES refunds,
    amount bigint NOT NULL,
    end_to_end_id text NOT NULL CONSTRAINT uq_payment_lines_end_to_end_id UNIQUE,
    bank_account_id uuid CONSTRAINT fk_payment_lines_bank_account_id_bank_accounts REFERENCES bank_accounts,
    holder_name text NOT NULL,
    account_number text NOT NULL,
    bank_name text NOT NULL,
    status text NOT NULL,
    paid_at timestamptz,
    movement_id uuid,
    returned_at timestamptz,
    return_reason text,
    removed_at timestamptz,
    account_confirmed_by uuid CONSTRAINT fk_payment_lines_account_confirmed_by_people REFERENCES people,
    account_confirmed_at timestamptz,
    CONSTRAINT ck_payment_lines_status CHECK (status IN ('pending', 'paid', 'returned', 'removed')),
    CONSTRAINT ck_payment_lines_paid_at CHECK (status NOT IN ('paid') OR paid_at IS NOT NULL),
    CONSTRAINT ck_payment_lines_returned_at CHECK (status NOT IN ('returned') OR returned_at IS NOT NULL),
    CONSTRAINT ck_payment_lines_removed_at CHECK (status NOT IN ('removed') OR removed_at IS NOT NULL),
    CONSTRAINT ck_payment_lines_amount CHECK (amount > 0),
    CONSTRAINT ck_payment_lines_subject CHECK ((claim_id IS NULL) <> (refund_id IS NULL)),
    CONSTRAINT ck_payment_lines_bank_account_id CHECK ((claim_id IS NULL) = (bank_account_id IS NULL)),
    CONSTRAINT ck_payment_lines_account_confirmed
        CHECK (account_confirmed_at IS NULL OR (account_confirmed_by IS NOT NULL AND status = 'returned'))
);
CREATE INDEX ix_payment_lines_batch_id ON payment_lines (batch_id, end_to_end_id);
CREATE UNIQUE INDEX uq_payment_lines_claim_id ON payment_lines (claim_id) WHERE status IN ('pending', 'paid');
CREATE UNIQUE INDEX uq_payment_lines_refund_id ON payment_lines (refund_id) WHERE status IN ('pending', 'paid');

CREATE TABLE bank_assignments (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_bank_assignments PRIMARY KEY,
    entry_id uuid NOT NULL CONSTRAINT fk_bank_assignments_entry_id_bank_entries REFERENCES bank_entries
        CONSTRAINT uq_bank_assignments_entry_id UNIQUE,
    kind text NOT NULL,
    co_payment_id uuid CONSTRAINT fk_bank_assignments_co_payment_id_co_payments REFERENCES co_payments,
    reason text NOT NULL,
    proposed_by uuid CONSTRAINT fk_bank_assignments_proposed_by_people REFERENCES people,
    assigned_by uuid NOT NULL CONSTRAINT fk_bank_assignments_assigned_by_people REFERENCES people,
    assigned_at timestamptz NOT NULL,
    CONSTRAINT ck_bank_assignments_kind
        CHECK (kind IN ('co_payment', 'payments', 'return', 'reversal', 'sent_back', 'known', 'offset', 'debt_reversal',
            'funding', 'interest', 'explained')),
    CONSTRAINT ck_bank_assignments_proposed_by CHECK ((kind IN ('funding', 'interest')) = (proposed_by IS NOT NULL)),
    CONSTRAINT ck_bank_assignments_four_eyes CHECK (proposed_by <> assigned_by),
    CONSTRAINT ck_bank_assignments_co_payment_id
        CHECK ((kind IN ('co_payment', 'reversal')) = (co_payment_id IS NOT NULL)),
    CONSTRAINT ck_bank_assignments_reason CHECK (reason <> '')
);

CREATE TABLE bank_proposals (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_bank_proposals PRIMARY KEY,
    entry_id uuid NOT NULL CONSTRAINT fk_bank_proposals_entry_id_bank_entries REFERENCES bank_entries,
    kind text NOT NULL,
    reason text NOT NULL,
    proposed_by uuid NOT NULL CONSTRAINT fk_bank_proposals_proposed_by_people REFERENCES people,
    proposed_at timestamptz NOT NULL DEFAULT app_now(),
    refused_by uuid CONSTRAINT fk_bank_proposals_refused_by_people REFERENCES people,
    refused_at timestamptz,
    CONSTRAINT ck_bank_proposals_kind CHECK (kind IN ('funding', 'interest')),
    CONSTRAINT ck_bank_proposals_reason CHECK (reason <> ''),
    CONSTRAINT ck_bank_proposals_refused CHECK ((refused_at IS NULL) = (refused_by IS NULL))
);
CREATE UNIQUE INDEX uq_bank_proposals_open ON bank_proposals (entry_id) WHERE refused_at IS NULL;

CREATE TABLE deductions (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_deductions PRIMARY KEY,
    claim_id uuid NOT NULL CONSTRAINT fk_deductions_claim_id_claims REFERENCES claims,
    reference text NOT NULL,
    amount bigint NOT NULL,
    status text NOT NULL,
    agreed_by uuid NOT NULL CONSTRAINT fk_deductions_agreed_by_people REFERENCES people,
    agreed_at timestamptz NOT NULL,
    taken_at timestamptz,
    cancelled_at timestamptz,
    CONSTRAINT ck_deductions_status CHECK (status IN ('agreed', 'taken', 'cancelled')),
    CONSTRAINT ck_deductions_taken_at CHECK (status NOT IN ('taken') OR taken_at IS NOT NULL),
    CONSTRAINT ck_deductions_cancelled_at CHECK (status NOT IN ('cancelled') OR cancelled_at IS NOT NULL),
    CONSTRAINT ck_deductions_amount CHECK (amount > 0)
);
CREATE INDEX ix_deductions_claim_id ON deductions (claim_id);
CREATE INDEX ix_deductions_reference ON deductions (reference);

CREATE TABLE expected_payments (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_expected_payments PRIMARY KEY,
    reference text NOT NULL CONSTRAINT uq_expected_payments_reference UNIQUE,
    currency text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT app_now()
);

REVOKE UPDATE, DELETE ON bank_imports, bank_reports, bank_bookings, bank_entries, claim_assessments, claim_escalations, bank_assignments,
    expected_payments FROM app;
-- What the bank said never changes; what it turned out to be does.
GRANT UPDATE (read_at, refused) ON bank_imports TO app;
GRANT UPDATE (outcome, note, drawn_from_id) ON bank_entries TO app;
REVOKE UPDATE, DELETE ON bank_proposals FROM app;
GRANT UPDATE (refused_by, refused_at) ON bank_proposals TO app;
REVOKE DELETE ON payment_batches, claims, holds, claim_lines, payment_lines, refunds, deductions FROM app;
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them, with the area's functions."""
    op.execute(
        "DROP TABLE expected_payments, deductions, bank_proposals, bank_assignments, payment_lines, refunds,"
        " claim_escalations, claim_assessments, claim_lines, holds, claims, bank_entries, bank_bookings,"
        " bank_reports, payment_batches, bank_imports"
    )
    op.execute("DROP SEQUENCE number_clm, number_pay, number_ref")
    drop_functions("claims")
