"""Programmes, cost shares, calls, budget lines and waiting rooms."""

from alembic import op

from marketplace.core.sql import drop_functions, read

revision = "0005"
down_revision = "0004b"

TABLES = """
CREATE SEQUENCE number_call;

CREATE TABLE programmes (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_programmes PRIMARY KEY,
    code text NOT NULL CONSTRAINT uq_programmes_code UNIQUE,
    name jsonb NOT NULL,
    summary jsonb NOT NULL,
    currency text NOT NULL,
    voucher_amount bigint NOT NULL,
    size_standard text NOT NULL,
    service_lines text[] NOT NULL,
    stages text[] NOT NULL,
    cost_categories jsonb NOT NULL DEFAULT '{"consulting": 100}',
    one_active_voucher boolean NOT NULL,
    sme_cap bigint,
    aid_cap bigint,
    aid_cap_months integer,
    voucher_validity_days integer NOT NULL,
    extension_days integer NOT NULL DEFAULT 0,
    vat_recoverable boolean NOT NULL,
    status text NOT NULL,
    created_by uuid CONSTRAINT fk_programmes_created_by_people REFERENCES people,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    published_at timestamptz,
    retired_at timestamptz,
    CONSTRAINT ck_programmes_status CHECK (status IN ('draft', 'published', 'retired')),
    CONSTRAINT ck_programmes_voucher_amount CHECK (voucher_amount > 0),
    CONSTRAINT ck_programmes_voucher_validity_days CHECK (voucher_validity_days BETWEEN 1 AND 3660),
    CONSTRAINT ck_programmes_aid_cap CHECK (aid_cap IS NULL OR aid_cap >= voucher_amount),
    CONSTRAINT ck_programmes_published_at CHECK ((status = 'draft') = (published_at IS NULL)),
    CONSTRAINT ck_programmes_cost_categories CHECK (sum_of_values(cost_categories) = 100),
    CONSTRAINT ck_programmes_aid_cap_months
        CHECK ((aid_cap IS NULL AND sme_cap IS NULL) = (aid_cap_months IS NULL)),
    CONSTRAINT ck_programmes_sme_cap CHECK (sme_cap IS NULL OR sme_cap >= voucher_amount),
    CONSTRAINT ck_programmes_extension_days CHECK (extension_days BETWEEN 0 AND 3660)
);

CREATE TABLE cost_shares (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_cost_shares PRIMARY KEY,
    programme_id uuid NOT NULL CONSTRAINT fk_cost_shares_programme_id_programmes REFERENCES programmes,
    category text NOT NULL DEFAULT 'consulting',
    funder_id uuid CONSTRAINT fk_cost_shares_funder_id_funders REFERENCES funders,
    basis_points integer NOT NULL,
    position integer NOT NULL,
    CONSTRAINT ck_cost_shares_basis_points CHECK (basis_points BETWEEN 1 AND 10000),
    CONSTRAINT uq_cost_shares_programme_id_category_funder_id
        UNIQUE NULLS NOT DISTINCT (programme_id, category, funder_id)
);

CREATE TABLE calls (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_calls PRIMARY KEY,
    number text NOT NULL CONSTRAINT uq_calls_number UNIQUE,
    programme_id uuid NOT NULL CONSTRAINT fk_calls_programme_id_programmes REFERENCES programmes,
    title jsonb NOT NULL,
    description jsonb NOT NULL,
    conditions jsonb NOT NULL,
    status text NOT NULL,
    opens_at timestamptz NOT NULL,
    closes_at timestamptz NOT NULL,
    allocation_method text NOT NULL,
    seed_hash text,
    quota_by text,
    quotas jsonb NOT NULL DEFAULT '{}',
    scoring jsonb,
    intake_ceiling_percent integer,
    created_by uuid CONSTRAINT fk_calls_created_by_people REFERENCES people,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    published_by uuid CONSTRAINT fk_calls_published_by_people REFERENCES people,
    published_at timestamptz,
    paused_at timestamptz,
    ceiling_lifted_at timestamptz,
    closed_at timestamptz,
    winding_down_at timestamptz,
    winding_down_reason text,
    wound_up_at timestamptz,
    CONSTRAINT ck_calls_closes_at CHECK (opens_at < closes_at),
    CONSTRAINT ck_calls_published_at CHECK ((status = 'draft') = (published_at IS NULL)),
    CONSTRAINT ck_calls_allocation_method
        CHECK (allocation_method IN ('first_come', 'lottery', 'scored', 'hybrid')),
    CONSTRAINT ck_calls_seed_hash
        CHECK (CASE WHEN status = 'draft' OR allocation_method = 'first_come' THEN seed_hash IS NULL ELSE seed_hash
            IS NOT NULL AND seed_hash ~ '^[0-9a-f]{64}$' END),
    CONSTRAINT ck_calls_quota_by
        CHECK ((allocation_method = 'hybrid') = (quota_by IS NOT NULL) AND quota_by IN ('region', 'band', 'sector')),
    CONSTRAINT ck_calls_quotas CHECK (allocation_method = 'hybrid' OR quotas = '{}'),
    CONSTRAINT ck_calls_scoring
        CHECK ((allocation_method = 'scored' AND status <> 'draft') = (scoring IS NOT NULL)),
    CONSTRAINT ck_calls_status
        CHECK (status IN ('draft', 'published', 'paused', 'closed', 'winding_down', 'wound_up')),
    CONSTRAINT ck_calls_closed_at CHECK (status NOT IN ('closed') OR closed_at IS NOT NULL),
    CONSTRAINT ck_calls_closed CHECK (closed_at IS NULL OR status IN ('closed', 'winding_down', 'wound_up')),
    CONSTRAINT ck_calls_paused_at CHECK (status NOT IN ('paused') OR paused_at IS NOT NULL),
    CONSTRAINT ck_calls_winding_down_at
        CHECK ((status IN ('winding_down', 'wound_up')) = (winding_down_at IS NOT NULL)),
    CONSTRAINT ck_calls_winding_down_reason CHECK ((winding_down_at IS NULL) = (winding_down_reason IS NULL)),
    CONSTRAINT ck_calls_wound_up_at CHECK ((status = 'wound_up') = (wound_up_at IS NOT NULL)),
    CONSTRAINT ck_calls_intake_ceiling_percent CHECK (intake_ceiling_percent BETWEEN 1 AND 1000)
);
CREATE INDEX ix_calls_programme_id ON calls (programme_id);

CREATE TABLE amendments (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_amendments PRIMARY KEY,
    call_id uuid NOT NULL CONSTRAINT fk_amendments_call_id_calls REFERENCES calls,
    description jsonb NOT NULL,
    conditions jsonb NOT NULL,
    reason jsonb NOT NULL,
    created_by uuid NOT NULL CONSTRAINT fk_amendments_created_by_people REFERENCES people,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    published_by uuid CONSTRAINT fk_amendments_published_by_people REFERENCES people,
    published_at timestamptz,
    CONSTRAINT ck_amendments_published_by CHECK (published_by <> created_by),
    CONSTRAINT ck_amendments_published_at CHECK ((published_at IS NULL) = (published_by IS NULL))
);
CREATE INDEX ix_amendments_call_id ON amendments (call_id);
CREATE UNIQUE INDEX uq_amendments_proposed ON amendments (call_id) WHERE published_at IS NULL;

CREATE TABLE call_files (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_call_files PRIMARY KEY,
    call_id uuid NOT NULL CONSTRAINT fk_call_files_call_id_calls REFERENCES calls,
    amendment_id uuid CONSTRAINT fk_call_files_amendment_id_amendments REFERENCES amendments,
    replaces_id uuid CONSTRAINT fk_call_files_replaces_id_call_files REFERENCES call_files
        CONSTRAINT uq_call_files_replaces_id UNIQUE,
    file_id uuid NOT NULL CONSTRAINT fk_call_files_file_id_files REFERENCES files,
    title jsonb NOT NULL,
    created_by uuid NOT NULL CONSTRAINT fk_call_files_created_by_people REFERENCES people,
    created_at timestamptz NOT NULL DEFAULT app_now()
);
CREATE INDEX ix_call_files_call_id ON call_files (call_id);

CREATE TABLE budget_lines (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_budget_lines PRIMARY KEY,
    call_id uuid NOT NULL CONSTRAINT fk_budget_lines_call_id_calls REFERENCES calls,
    funder_id uuid NOT NULL CONSTRAINT fk_budget_lines_funder_id_funders REFERENCES funders,
    amount bigint NOT NULL,
    status text NOT NULL,
    created_by uuid CONSTRAINT fk_budget_lines_created_by_people REFERENCES people,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    appropriated_by uuid CONSTRAINT fk_budget_lines_appropriated_by_people REFERENCES people,
    appropriated_at timestamptz,
    CONSTRAINT ck_budget_lines_status CHECK (status IN ('proposed', 'appropriated')),
    CONSTRAINT ck_budget_lines_amount CHECK (amount > 0),
    CONSTRAINT ck_budget_lines_appropriated_by CHECK (appropriated_by <> created_by),
    CONSTRAINT ck_budget_lines_appropriated_at CHECK ((status = 'appropriated') = (appropriated_at IS NOT NULL)),
    CONSTRAINT uq_budget_lines_call_id_funder_id UNIQUE (call_id, funder_id)
);

CREATE TABLE call_seeds (
    call_id uuid CONSTRAINT pk_call_seeds PRIMARY KEY CONSTRAINT fk_call_seeds_call_id_calls REFERENCES calls,
    seed text NOT NULL,
    CONSTRAINT ck_call_seeds_seed CHECK (seed ~ '^[0-9a-f]{64}$')
);

CREATE TABLE waiting_rooms (
    call_id uuid CONSTRAINT pk_waiting_rooms PRIMARY KEY
        CONSTRAINT fk_waiting_rooms_call_id_calls REFERENCES calls,
    enter_from timestamptz NOT NULL,
    seed_hash text NOT NULL,
    list_hash text,
    drawn_at timestamptz,
    CONSTRAINT ck_waiting_rooms_drawn_at CHECK ((drawn_at IS NULL) = (list_hash IS NULL))
);

CREATE TABLE waiting_room_seeds (
    call_id uuid CONSTRAINT pk_waiting_room_seeds PRIMARY KEY
        CONSTRAINT fk_waiting_room_seeds_call_id_waiting_rooms REFERENCES waiting_rooms,
    seed text NOT NULL,
    CONSTRAINT ck_waiting_room_seeds_seed CHECK (seed ~ '^[0-9a-f]{64}$')
);

REVOKE UPDATE, DELETE ON call_seeds FROM app;
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(read("core", "sum_of_values"))
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them, with the area's functions."""
    op.execute(
        "DROP TABLE waiting_room_seeds, waiting_rooms, call_seeds, budget_lines, call_files, amendments, calls,"
        " cost_shares, programmes"
    )
    op.execute("DROP SEQUENCE number_call")
    drop_functions("programmes")
