"""Very many applications of one call, written by SQL: companies, signatories, and what they handed in or drafted."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, text

from marketplace.core import db
from marketplace.programmes.models import Call
from marketplace.vouchers.models import Application

COMPANIES = (
    """
    CREATE TEMPORARY TABLE crowd ON COMMIT DROP AS
    SELECT number, gen_random_uuid() AS organisation, gen_random_uuid() AS person
      FROM generate_series(CAST(:first AS integer), CAST(:first AS integer) + :count - 1) AS number
    """,
    """
    INSERT INTO organisations (id, kind, name, business_number, representative_name, region)
    SELECT organisation, 'sme', 'Company ' || number, lpad((9000000000 + number)::text, 10, '0'), 'Somebody',
           (ARRAY['seoul', 'busan', 'daegu'])[1 + number % 3]
      FROM crowd
    """,
    """
    INSERT INTO people (id, email, name, password_hash, locale, status, confirmed_at)
    SELECT person, 'crowd' || number || '@example.com', 'Person ' || number, '-', 'ko', 'confirmed', app_now()
      FROM crowd
    """,
    """
    INSERT INTO memberships (person_id, organisation_id, organisation_kind, role, status, activated_at, valid_from)
    SELECT person, organisation, 'sme', 'signatory', 'active', app_now(), app_now()::date FROM crowd
    """,
    """
    INSERT INTO verifications (organisation_id, name, representative_name, status, evidence, register_answer, look_by,
                               confirmed_at)
    SELECT id, name, representative_name, 'confirmed', 'register', 'agrees', app_now()::date, app_now()
      FROM organisations JOIN crowd ON organisation = organisations.id
    """,
)


# One submission assessed as the verb would have is enough here: allocation takes eligibility again for each.
HANDED_IN = (
    """
    INSERT INTO applications (number, call_id, organisation_id, status, ticket, service_line, need, facts,
                              declarations, prepared_by, submitted_by, submitted_at, decided_at)
    SELECT 'APP-X-' || lpad(number::text, 9, '0'), :call, organisation, 'accepted', nextval('application_tickets'),
           'operations', 'Shorter delivery times.',
           jsonb_build_object('sector', 'manufacturing', 'employees', number % 200, 'capital', 500000000), '{}',
           person, person, :moment, :moment
      FROM crowd ORDER BY number
    """,
)

# Each draft has its file's row, and its signatory is signed in with the secret `secret<number>`.
DRAFTS = (
    """
    INSERT INTO sessions (token_hash, person_id, membership_id, expires_at, browser)
    SELECT encode(sha256(convert_to('secret' || number, 'UTF8')), 'hex'), person, memberships.id,
           now() + interval '1 day', 'test'
      FROM crowd JOIN memberships ON memberships.person_id = person
    """,
    """
    INSERT INTO applications (number, call_id, organisation_id, status, service_line, need, facts, declarations,
                              prepared_by)
    SELECT 'APP-X-' || lpad(number::text, 9, '0'), :call, organisation, 'draft', 'operations',
           'Shorter delivery times.',
           jsonb_build_object('sector', 'manufacturing', 'employees', number % 200, 'capital', 500000000), '{}', person
      FROM crowd ORDER BY number
    """,
    """
    INSERT INTO files (id, name, media_type, size, sha256, uploaded_by)
    SELECT organisation, 'registration.pdf', 'application/pdf', 1, repeat('0', 64), person FROM crowd
    """,
    """
    INSERT INTO evidence (application_id, file_id, kind)
    SELECT applications.id, organisation, 'business_registration'
      FROM crowd JOIN applications ON applications.organisation_id = organisation
    """,
)


def make_applicants(call: Call, count: int, *, first: int = 1) -> None:
    """So many companies, numbered from `first`; the application of each was handed in in time and accepted."""
    _write((*COMPANIES, *HANDED_IN), call, count, first)


def make_drafts(call: Call, count: int, *, first: int = 1) -> list[tuple[UUID, str]]:
    """So many complete drafts of signatories who are signed in; each application with its session's secret."""
    _write((*COMPANIES, *DRAFTS), call, count, first)
    drafts = select(Application.id, Application.number).where(Application.call_id == call.id)
    return [(row.id, f"secret{int(row.number[-9:])}") for row in db.session.execute(drafts)]


def _write(statements: Sequence[str], call: Call, count: int, first: int) -> None:
    values = {
        "count": count,
        "first": first,
        "call": call.id,
        "moment": call.closes_at - (call.closes_at - call.opens_at) / 2,
    }
    for statement in (*statements, "ANALYZE"):
        db.session.execute(text(statement), {name: values[name] for name in values if f":{name}" in statement})
