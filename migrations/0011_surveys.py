"""Surveys: one per engagement, side and wave; answers, free texts, respondents, links."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE surveys (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    engagement_id uuid NOT NULL,
    side text NOT NULL,
    wave integer NOT NULL,
    instrument text NOT NULL,
    organisation_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    status text NOT NULL,
    invited_at timestamptz DEFAULT app_now() NOT NULL,
    closes_at timestamptz NOT NULL,
    reminders_stopped_at timestamptz,
    reminders_stopped_why text,
    answered_at timestamptz,
    closed_at timestamptz,
    CONSTRAINT pk_surveys PRIMARY KEY (id),
    CONSTRAINT uq_surveys_engagement_id_side_wave UNIQUE (engagement_id, side, wave),
    CONSTRAINT ck_surveys_status CHECK (status IN ('invited', 'answered', 'closed')),
    CONSTRAINT ck_surveys_answered_at CHECK (status NOT IN ('answered') OR answered_at IS NOT NULL),
    CONSTRAINT ck_surveys_closed_at CHECK (status NOT IN ('closed') OR closed_at IS NOT NULL),
    CONSTRAINT ck_surveys_side CHECK (side IN ('sme', 'provider')),
    CONSTRAINT fk_surveys_engagement_id_engagements FOREIGN KEY(engagement_id) REFERENCES engagements (id)
);
CREATE INDEX ix_surveys_invited_at ON surveys (invited_at);
CREATE INDEX ix_surveys_provider_id ON surveys (provider_id);

CREATE TABLE survey_answers (
    survey_id uuid NOT NULL,
    items jsonb NOT NULL,
    facts jsonb NOT NULL,
    score integer,
    programme_score integer,
    seconds integer NOT NULL,
    signs jsonb NOT NULL,
    device_hash text,
    address_hash text,
    CONSTRAINT pk_survey_answers PRIMARY KEY (survey_id),
    CONSTRAINT ck_survey_answers_score CHECK (score BETWEEN 0 AND 100),
    CONSTRAINT ck_survey_answers_seconds CHECK (seconds >= 0),
    CONSTRAINT fk_survey_answers_survey_id_surveys FOREIGN KEY(survey_id) REFERENCES surveys (id)
);

CREATE TABLE survey_comments (
    survey_id uuid NOT NULL,
    code text NOT NULL,
    words text NOT NULL,
    CONSTRAINT pk_survey_comments PRIMARY KEY (survey_id, code),
    CONSTRAINT fk_survey_comments_survey_id_surveys FOREIGN KEY(survey_id) REFERENCES surveys (id)
);

CREATE TABLE survey_links (
    token_hash text NOT NULL,
    survey_id uuid NOT NULL,
    purpose text NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT pk_survey_links PRIMARY KEY (token_hash),
    CONSTRAINT ck_survey_links_purpose CHECK (purpose = 'answer'),
    CONSTRAINT fk_survey_links_survey_id_surveys FOREIGN KEY(survey_id) REFERENCES surveys (id)
);
CREATE INDEX ix_survey_links_survey_id ON survey_links (survey_id);

CREATE TABLE survey_respondents (
    survey_id uuid NOT NULL,
    person_id uuid NOT NULL,
    CONSTRAINT pk_survey_respondents PRIMARY KEY (survey_id),
    CONSTRAINT fk_survey_respondents_survey_id_surveys FOREIGN KEY(survey_id) REFERENCES surveys (id)
);

ALTER TABLE survey_respondents ADD CONSTRAINT fk_survey_respondents_person_id_people FOREIGN KEY (person_id) REFERENCES people (id);
"""

DROP = """
DROP TABLE survey_respondents, survey_links, survey_comments, survey_answers, surveys;
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute(DROP)
