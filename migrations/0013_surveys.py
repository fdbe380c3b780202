"""Surveys, their links and answers."""

from alembic import op

from marketplace.core.sql import drop_functions

revision = "0013"
down_revision = "0012"

TABLES = """
CREATE TABLE surveys (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_surveys PRIMARY KEY,
    engagement_id uuid NOT NULL CONSTRAINT fk_surveys_engagement_id_engagements REFERENCES engagements,
    side text NOT NULL,
    wave integer NOT NULL,
    instrument text NOT NULL,
    organisation_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    status text NOT NULL,
    invited_at timestamptz NOT NULL DEFAULT app_now(),
    closes_at timestamptz NOT NULL,
    reminders_stopped_at timestamptz,
    reminders_stopped_why text,
    answered_at timestamptz,
    closed_at timestamptz,
    CONSTRAINT ck_surveys_status CHECK (status IN ('invited', 'answered', 'closed')),
    CONSTRAINT ck_surveys_answered_at CHECK (status NOT IN ('answered') OR answered_at IS NOT NULL),
    CONSTRAINT ck_surveys_closed_at CHECK (status NOT IN ('closed') OR closed_at IS NOT NULL),
    CONSTRAINT ck_surveys_side CHECK (side IN ('sme', 'provider')),
    CONSTRAINT uq_surveys_engagement_id_side_wave UNIQUE (engagement_id, side, wave)
);
CREATE INDEX ix_surveys_closes_at ON surveys (closes_at);
CREATE INDEX ix_surveys_invited_at ON surveys (invited_at);
CREATE INDEX ix_surveys_provider_id ON surveys (provider_id);

CREATE TABLE survey_answers (
    survey_id uuid CONSTRAINT pk_survey_answers PRIMARY KEY
        CONSTRAINT fk_survey_answers_survey_id_surveys REFERENCES surveys,
    items jsonb NOT NULL,
    facts jsonb NOT NULL,
    score integer,
    programme_score integer,
    seconds integer NOT NULL,
    signs text[] NOT NULL,
    device_hash text,
    address_hash text,
    CONSTRAINT ck_survey_answers_score CHECK (score BETWEEN 0 AND 100),
    CONSTRAINT ck_survey_answers_seconds CHECK (seconds >= 0)
);

CREATE TABLE survey_comments (
    survey_id uuid CONSTRAINT fk_survey_comments_survey_id_surveys REFERENCES surveys,
    code text,
    words text NOT NULL,
    CONSTRAINT pk_survey_comments PRIMARY KEY (survey_id, code)
);

CREATE TABLE survey_links (
    token_hash text CONSTRAINT pk_survey_links PRIMARY KEY,
    survey_id uuid NOT NULL CONSTRAINT fk_survey_links_survey_id_surveys REFERENCES surveys,
    purpose text NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT ck_survey_links_purpose CHECK (purpose = 'answer')
);
CREATE INDEX ix_survey_links_survey_id ON survey_links (survey_id);

CREATE TABLE survey_respondents (
    survey_id uuid CONSTRAINT pk_survey_respondents PRIMARY KEY
        CONSTRAINT fk_survey_respondents_survey_id_surveys REFERENCES surveys,
    person_id uuid NOT NULL CONSTRAINT fk_survey_respondents_person_id_people REFERENCES people
);
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them, with the area's functions."""
    op.execute("DROP TABLE survey_respondents, survey_links, survey_comments, survey_answers, surveys")
    drop_functions("surveys")
