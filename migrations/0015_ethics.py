"""Checks, flags and cases; and what the rules compare, by an index."""

from alembic import op

revision = "0015"
down_revision = "0014"

TABLES = """
CREATE SEQUENCE number_flag;
CREATE SEQUENCE number_case;

CREATE TABLE cases (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_cases PRIMARY KEY,
    number text NOT NULL CONSTRAINT uq_cases_number UNIQUE,
    engagement_id uuid NOT NULL CONSTRAINT fk_cases_engagement_id_engagements REFERENCES engagements,
    provider_id uuid NOT NULL,
    status text NOT NULL,
    question text NOT NULL,
    opened_by uuid NOT NULL CONSTRAINT fk_cases_opened_by_people REFERENCES people,
    opened_at timestamptz NOT NULL DEFAULT app_now(),
    reply_due_at timestamptz NOT NULL,
    reply text,
    replied_by uuid CONSTRAINT fk_cases_replied_by_people REFERENCES people,
    replied_at timestamptz,
    finding_reason text,
    sanction text,
    decided_by uuid CONSTRAINT fk_cases_decided_by_people REFERENCES people,
    decided_at timestamptz,
    appeal_due_at timestamptz,
    appeal_grounds text,
    appealed_by uuid CONSTRAINT fk_cases_appealed_by_people REFERENCES people,
    appealed_at timestamptz,
    appeal_reason text,
    appeal_decided_by uuid CONSTRAINT fk_cases_appeal_decided_by_people REFERENCES people,
    appeal_decided_at timestamptz,
    CONSTRAINT ck_cases_status
        CHECK (status IN ('awaiting_reply', 'replied', 'unanswered', 'violation', 'no_violation', 'appealed',
            'upheld', 'overturned')),
    CONSTRAINT ck_cases_four_eyes CHECK (decided_by <> opened_by),
    CONSTRAINT ck_cases_third_person CHECK (appeal_decided_by <> opened_by AND appeal_decided_by <> decided_by),
    CONSTRAINT ck_cases_replied_at CHECK (status NOT IN ('replied') OR replied_at IS NOT NULL),
    CONSTRAINT ck_cases_decided
        CHECK (decided_at IS NULL OR decided_by IS NOT NULL AND finding_reason IS NOT NULL),
    CONSTRAINT ck_cases_decided_at
        CHECK (status NOT IN ('violation', 'no_violation', 'appealed', 'upheld', 'overturned') OR decided_at IS NOT
            NULL),
    CONSTRAINT ck_cases_appeal_decided CHECK (appeal_decided_at IS NULL OR appeal_decided_by IS NOT NULL),
    CONSTRAINT ck_cases_sanction CHECK (sanction IN ('reminder', 'warning', 'suspension'))
);
CREATE INDEX ix_cases_opened_at ON cases (opened_at);
CREATE INDEX ix_cases_provider_id ON cases (provider_id);

CREATE TABLE ethics_checks (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_ethics_checks PRIMARY KEY,
    engagement_id uuid NOT NULL CONSTRAINT fk_ethics_checks_engagement_id_engagements REFERENCES engagements,
    rule_set text NOT NULL,
    occasion text NOT NULL,
    rules integer NOT NULL,
    hits integer NOT NULL,
    checked_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT ck_ethics_checks_occasion CHECK (occasion IN ('finish', 'survey', 'co_payment', 'bank'))
);
CREATE UNIQUE INDEX uq_ethics_checks_engagement_id_rule_set_occasion ON ethics_checks (engagement_id, rule_set,
    occasion) WHERE occasion <> 'bank';

CREATE TABLE flags (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_flags PRIMARY KEY,
    number text NOT NULL CONSTRAINT uq_flags_number UNIQUE,
    check_id uuid NOT NULL CONSTRAINT fk_flags_check_id_ethics_checks REFERENCES ethics_checks,
    engagement_id uuid NOT NULL CONSTRAINT fk_flags_engagement_id_engagements REFERENCES engagements,
    organisation_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    rule_id text NOT NULL,
    rule_version integer NOT NULL,
    rule_set text NOT NULL,
    family text NOT NULL,
    action text NOT NULL,
    strength text NOT NULL,
    finding text NOT NULL,
    inputs jsonb NOT NULL,
    threshold text NOT NULL,
    links text[] NOT NULL,
    fingerprint text NOT NULL,
    status text NOT NULL,
    case_id uuid CONSTRAINT fk_flags_case_id_cases REFERENCES cases,
    hold_id uuid CONSTRAINT fk_flags_hold_id_holds REFERENCES holds,
    dismissal text,
    closed_by uuid CONSTRAINT fk_flags_closed_by_people REFERENCES people,
    closing_reason text,
    raised_at timestamptz NOT NULL DEFAULT app_now(),
    closed_at timestamptz,
    CONSTRAINT ck_flags_status CHECK (status IN ('raised', 'dismissed', 'in_case', 'confirmed', 'cleared')),
    CONSTRAINT ck_flags_closed_at
        CHECK (status NOT IN ('dismissed', 'confirmed', 'cleared') OR closed_at IS NOT NULL),
    CONSTRAINT ck_flags_dismissed
        CHECK (status <> 'dismissed' OR closed_by IS NOT NULL AND closing_reason IS NOT NULL),
    CONSTRAINT ck_flags_case CHECK (status IN ('raised', 'dismissed') OR case_id IS NOT NULL),
    CONSTRAINT ck_flags_action CHECK (action IN ('H', 'R', 'N')),
    CONSTRAINT ck_flags_strength CHECK (strength IN ('strong', 'weak')),
    CONSTRAINT ck_flags_dismissal CHECK (dismissal IN ('no_issue', 'explained')),
    CONSTRAINT uq_flags_engagement_id_rule_id_fingerprint UNIQUE (engagement_id, rule_id, fingerprint)
);
CREATE INDEX ix_flags_case_id ON flags (case_id);
CREATE INDEX ix_flags_provider_id ON flags (provider_id);
CREATE INDEX ix_flags_raised_at ON flags (raised_at);
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TABLE flags, ethics_checks, cases")
    op.execute("DROP SEQUENCE number_flag, number_case")
