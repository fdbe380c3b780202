"""Many agreements ready to be redeemed, copied by SQL from one that the verbs made; their money moves by transfers."""

from __future__ import annotations

from uuid import UUID

from psycopg import Connection

from marketplace.engagements.models import Agreement

# Nobody who redeems looks at the award, so the copies have none; the company of a copied application is nobody.
COPY = """
SET session_replication_role = replica;
CREATE TEMP TABLE copies ON COMMIT DROP AS
SELECT number, md5(%(agreement)s::text || 'application' || number)::uuid AS application_id,
       md5(%(agreement)s::text || 'voucher' || number)::uuid AS voucher_id
  FROM generate_series(1, %(vouchers)s) AS number;
INSERT INTO applications SELECT (jsonb_populate_record(application, jsonb_build_object(
        'id', copies.application_id, 'organisation_id', gen_random_uuid(), 'ticket', nextval('application_tickets'),
        'number', copies.application_id))).*
  FROM copies, agreements AS agreement JOIN vouchers AS voucher ON voucher.id = agreement.voucher_id
       JOIN applications AS application ON application.id = voucher.application_id
 WHERE agreement.id = %(agreement)s;
INSERT INTO vouchers SELECT (jsonb_populate_record(voucher, jsonb_build_object(
        'id', copies.voucher_id, 'application_id', copies.application_id, 'number', copies.voucher_id,
        'code', copies.voucher_id, 'one_active', false))).*
  FROM copies, agreements AS agreement JOIN vouchers AS voucher ON voucher.id = agreement.voucher_id
 WHERE agreement.id = %(agreement)s;
CREATE TEMP TABLE drawings ON COMMIT DROP AS
SELECT copies.voucher_id, md5(voucher_id::text || drawing)::uuid AS agreement_id
  FROM copies, generate_series(1, %(per_voucher)s) AS drawing;
INSERT INTO agreements SELECT (jsonb_populate_record(agreement, jsonb_build_object(
        'id', drawings.agreement_id, 'voucher_id', drawings.voucher_id, 'award_id', gen_random_uuid(),
        'number', drawings.agreement_id))).*
  FROM drawings, agreements AS agreement WHERE agreement.id = %(agreement)s;
INSERT INTO agreement_stages SELECT (jsonb_populate_record(stage, jsonb_build_object(
        'id', gen_random_uuid(), 'agreement_id', drawings.agreement_id))).*
  FROM drawings, agreement_stages AS stage WHERE stage.agreement_id = %(agreement)s;
SET session_replication_role = DEFAULT;
SELECT ledger_post(
    jsonb_build_array(to_jsonb(given) || jsonb_build_object('code', format('reserved:%%s:%%s', copies.voucher_id,
        given.budget_line_id), 'owner_id', copies.voucher_id)),
    jsonb_build_array(jsonb_build_object('debit', 'available:' || given.budget_line_id, 'credit',
        format('reserved:%%s:%%s', copies.voucher_id, given.budget_line_id), 'amount', given.balance,
        'key', format('copy:%%s:%%s', copies.voucher_id, given.budget_line_id))),
    'reserve', NULL, 'copy')
  FROM copies, agreements AS agreement JOIN ledger_accounts AS given
       ON given.owner_id = agreement.voucher_id AND given.stage = 'reserved'
 WHERE agreement.id = %(agreement)s;
"""


def copy_agreements(
    server: Connection, agreement: Agreement, *, vouchers: int, per_voucher: int = 1
) -> list[list[UUID]]:
    """So many vouchers with what is left of the agreement's own, and `per_voucher` agreements on every one; their ids.

    `server` is a connection as the cluster's superuser, outside transactions, to the database of the agreement.
    """
    values = {"agreement": agreement.id, "vouchers": vouchers, "per_voucher": per_voucher}
    with server.transaction():
        for statement in COPY.split(";\n"):
            if statement.strip():
                server.execute(statement.encode(), values if "%(" in statement or "%%" in statement else None)
        rows = server.execute("SELECT array_agg(agreement_id) FROM drawings GROUP BY voucher_id").fetchall()
    return [row[0] for row in rows]
