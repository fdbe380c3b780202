"""Ethics checks, flags and cases."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLES = """
CREATE SEQUENCE number_flag;
CREATE SEQUENCE number_case;

CREATE TABLE cases (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    number text NOT NULL,
    engagement_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    status text NOT NULL,
    question text NOT NULL,
    opened_by uuid NOT NULL,
    opened_at timestamptz DEFAULT app_now() NOT NULL,
    reply_due_at timestamptz NOT NULL,
    reply text,
    replied_by uuid,
    replied_at timestamptz,
    finding_reason text,
    sanction text,
    decided_by uuid,
    decided_at timestamptz,
    appeal_due_at timestamptz,
    appeal_grounds text,
    appealed_by uuid,
    appealed_at timestamptz,
    appeal_reason text,
    appeal_decided_by uuid,
    appeal_decided_at timestamptz,
    CONSTRAINT pk_cases PRIMARY KEY (id),
    CONSTRAINT ck_cases_status CHECK (status IN ('awaiting_reply', 'replied', 'unanswered', 'violation', 'no_violation', 'appealed', 'upheld', 'overturned')),
    CONSTRAINT ck_cases_four_eyes CHECK (decided_by <> opened_by),
    CONSTRAINT ck_cases_third_person CHECK (appeal_decided_by <> opened_by AND appeal_decided_by <> decided_by),
    CONSTRAINT ck_cases_replied_at CHECK (status NOT IN ('replied') OR replied_at IS NOT NULL),
    CONSTRAINT ck_cases_decided CHECK (decided_at IS NULL OR decided_by IS NOT NULL AND finding_reason IS NOT NULL),
    CONSTRAINT ck_cases_decided_at CHECK (status NOT IN ('violation', 'no_violation', 'appealed', 'upheld', 'overturned') OR decided_at IS NOT NULL),
    CONSTRAINT ck_cases_appeal_decided CHECK (appeal_decided_at IS NULL OR appeal_decided_by IS NOT NULL),
    CONSTRAINT ck_cases_sanction CHECK (sanction IN ('reminder', 'warning', 'suspension')),
    CONSTRAINT uq_cases_number UNIQUE (number),
    CONSTRAINT fk_cases_engagement_id_engagements FOREIGN KEY(engagement_id) REFERENCES engagements (id)
);
CREATE INDEX ix_cases_opened_at ON cases (opened_at);
CREATE INDEX ix_cases_provider_id ON cases (provider_id);

CREATE TABLE ethics_checks (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    engagement_id uuid NOT NULL,
    rule_set text NOT NULL,
    occasion text NOT NULL,
    rules integer NOT NULL,
    hits integer NOT NULL,
    checked_at timestamptz DEFAULT app_now() NOT NULL,
    CONSTRAINT pk_ethics_checks PRIMARY KEY (id),
    CONSTRAINT uq_ethics_checks_engagement_id_rule_set_occasion UNIQUE (engagement_id, rule_set, occasion),
    CONSTRAINT ck_ethics_checks_occasion CHECK (occasion IN ('finish', 'survey')),
    CONSTRAINT fk_ethics_checks_engagement_id_engagements FOREIGN KEY(engagement_id) REFERENCES engagements (id)
);

CREATE TABLE flags (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    number text NOT NULL,
    check_id uuid NOT NULL,
    engagement_id uuid NOT NULL,
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
    links jsonb NOT NULL,
    fingerprint text NOT NULL,
    status text NOT NULL,
    case_id uuid,
    hold_id uuid,
    dismissal text,
    closed_by uuid,
    closing_reason text,
    raised_at timestamptz DEFAULT app_now() NOT NULL,
    closed_at timestamptz,
    CONSTRAINT pk_flags PRIMARY KEY (id),
    CONSTRAINT uq_flags_engagement_id_rule_id_fingerprint UNIQUE (engagement_id, rule_id, fingerprint),
    CONSTRAINT ck_flags_status CHECK (status IN ('raised', 'dismissed', 'in_case', 'confirmed', 'cleared')),
    CONSTRAINT ck_flags_closed_at CHECK (status NOT IN ('dismissed', 'confirmed', 'cleared') OR closed_at IS NOT NULL),
    CONSTRAINT ck_flags_dismissed CHECK (status <> 'dismissed' OR closed_by IS NOT NULL AND closing_reason IS NOT NULL),
    CONSTRAINT ck_flags_case CHECK (status IN ('raised', 'dismissed') OR case_id IS NOT NULL),
    CONSTRAINT ck_flags_action CHECK (action IN ('H', 'R', 'N')),
    CONSTRAINT ck_flags_strength CHECK (strength IN ('strong', 'weak')),
    CONSTRAINT ck_flags_dismissal CHECK (dismissal IN ('no_issue', 'explained')),
    CONSTRAINT uq_flags_number UNIQUE (number),
    CONSTRAINT fk_flags_check_id_ethics_checks FOREIGN KEY(check_id) REFERENCES ethics_checks (id),
    CONSTRAINT fk_flags_engagement_id_engagements FOREIGN KEY(engagement_id) REFERENCES engagements (id),
    CONSTRAINT fk_flags_case_id_cases FOREIGN KEY(case_id) REFERENCES cases (id),
    CONSTRAINT fk_flags_hold_id_holds FOREIGN KEY(hold_id) REFERENCES holds (id)
);
CREATE INDEX ix_flags_case_id ON flags (case_id);
CREATE INDEX ix_flags_provider_id ON flags (provider_id);
CREATE INDEX ix_flags_raised_at ON flags (raised_at);

ALTER TABLE cases ADD CONSTRAINT fk_cases_opened_by_people FOREIGN KEY (opened_by) REFERENCES people (id);
ALTER TABLE cases ADD CONSTRAINT fk_cases_replied_by_people FOREIGN KEY (replied_by) REFERENCES people (id);
ALTER TABLE cases ADD CONSTRAINT fk_cases_decided_by_people FOREIGN KEY (decided_by) REFERENCES people (id);
ALTER TABLE cases ADD CONSTRAINT fk_cases_appealed_by_people FOREIGN KEY (appealed_by) REFERENCES people (id);
ALTER TABLE cases ADD CONSTRAINT fk_cases_appeal_decided_by_people FOREIGN KEY (appeal_decided_by) REFERENCES people (id);
ALTER TABLE flags ADD CONSTRAINT fk_flags_closed_by_people FOREIGN KEY (closed_by) REFERENCES people (id);
"""

DROP = """
DROP TABLE flags, ethics_checks, cases;
DROP SEQUENCE number_flag;
DROP SEQUENCE number_case;
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute(DROP)
