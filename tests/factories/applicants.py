"""Very many sealed applications of one call, written by SQL: companies, signatories and accepted applications."""

from sqlalchemy import text

from marketplace.core import db
from marketplace.programmes.models import Call

# One submission assessed as the verb would have is enough here: allocation takes eligibility again for each.
STATEMENTS = (
    """
    CREATE TEMPORARY TABLE crowd ON COMMIT DROP AS
    SELECT number, gen_random_uuid() AS organisation, gen_random_uuid() AS person
      FROM generate_series(1, :count) AS number
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
    INSERT INTO applications (number, call_id, organisation_id, status, ticket, service_line, need, facts,
                              declarations, prepared_by, submitted_by, submitted_at, decided_at)
    SELECT 'APP-X-' || lpad(number::text, 6, '0'), :call, organisation, 'accepted', nextval('application_tickets'),
           'operations', 'Shorter delivery times.',
           jsonb_build_object('sector', 'manufacturing', 'employees', number % 200, 'capital', 500000000), '{}',
           person, person, :moment, :moment
      FROM crowd ORDER BY number
    """,
)


def make_applicants(call: Call, count: int) -> None:
    """So many companies whose application in the call was handed in while it was open, and accepted."""
    values = {"count": count, "call": call.id, "moment": call.closes_at - (call.closes_at - call.opens_at) / 2}
    for statement in STATEMENTS:
        db.session.execute(text(statement), {name: values[name] for name in values if f":{name}" in statement})
    db.session.execute(text("ANALYZE"))
