"""Money in one round trip: several transfers at once, redeeming; accounts that many write to without a deadlock."""

from alembic import op

revision = "0022"
down_revision = "0021"

LEDGER = """
-- The foreign keys of a transfer hold both accounts already: of two transfers that wanted one account whole (FOR
-- UPDATE) each would wait for the other. NO KEY lets them take turns.
CREATE OR REPLACE FUNCTION ledger_book() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    IF (SELECT count(DISTINCT currency) FROM (
            SELECT currency FROM ledger_accounts WHERE id IN (NEW.debit_account_id, NEW.credit_account_id)
             ORDER BY id FOR NO KEY UPDATE) AS held) <> 1 THEN
        RAISE EXCEPTION 'a transfer needs one currency' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'ck_ledger_transfers_currency';
    END IF;
    UPDATE ledger_accounts
       SET balance = balance + CASE id WHEN NEW.debit_account_id THEN -NEW.amount ELSE NEW.amount END
     WHERE id IN (NEW.debit_account_id, NEW.credit_account_id);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION ledger_account_guard() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    -- Only ledger_book() writes from inside another trigger.
    IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1 THEN
        OLD.balance := NEW.balance;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'accounts change by transfers alone' USING ERRCODE = 'restrict_violation';
END
$$;
-- Room on each page for the next balance, so that no index is touched.
ALTER TABLE ledger_accounts SET (fillfactor = 70);

-- Several transfers of one movement in one round trip; accounts it may find missing are opened first.
CREATE FUNCTION ledger_post(openings jsonb, legs jsonb, sort text, who uuid, why text) RETURNS void
LANGUAGE plpgsql AS
$$
DECLARE
    leg record;
BEGIN
    INSERT INTO ledger_accounts (code, stage, owner_kind, owner_id, currency, budget_line_id, may_be_negative)
    SELECT code, stage, owner_kind, owner_id, currency, budget_line_id, may_be_negative
      FROM jsonb_to_recordset(openings) AS opening (code text, stage text, owner_kind text, owner_id uuid,
           currency text, budget_line_id uuid, may_be_negative boolean)
     ORDER BY code
    ON CONFLICT ON CONSTRAINT uq_ledger_accounts_code DO NOTHING;
    -- All accounts at once and in one order, so that two movements never wait for each other.
    -- An array, so that the planner looks them up by their code however many accounts there are.
    PERFORM 1 FROM ledger_accounts WHERE code = ANY (ARRAY(
        SELECT one ->> 'debit' FROM jsonb_array_elements(legs) AS one
        UNION SELECT one ->> 'credit' FROM jsonb_array_elements(legs) AS one)) ORDER BY id FOR NO KEY UPDATE;
    FOR leg IN SELECT * FROM jsonb_to_recordset(legs) AS one (debit text, credit text, amount bigint, key text) LOOP
        PERFORM ledger_transfer(leg.debit, leg.credit, leg.amount, sort, who, why, leg.key);
    END LOOP;
END
$$;
"""

REDEEM = """
-- The moves that functions of the database make; a test compares them with the areas' states.
CREATE TABLE lifecycle_moves (
    lifecycle text NOT NULL,
    event text NOT NULL,
    source text NOT NULL,
    target text NOT NULL,
    CONSTRAINT pk_lifecycle_moves PRIMARY KEY (lifecycle, event, source)
);
INSERT INTO lifecycle_moves VALUES
    ('voucher', 'exhaust', 'issued', 'exhausted');
REVOKE INSERT, UPDATE, DELETE ON lifecycle_moves FROM app;

CREATE FUNCTION lifecycle_target(which text, what text, now text) RETURNS text LANGUAGE plpgsql STABLE AS
$$
DECLARE
    reached text;
BEGIN
    SELECT target INTO reached FROM lifecycle_moves WHERE lifecycle = which AND event = what AND source = now;
    IF reached IS NULL THEN
        RAISE EXCEPTION '% can''t % from %', which, what, now
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lifecycle_moves';
    END IF;
    RETURN reached;
END
$$;

CREATE FUNCTION audit_record(actor jsonb, what text, kind text, thing uuid, facts jsonb) RETURNS void LANGUAGE sql AS
$$
    INSERT INTO audit_entries (at, person_id, role, organisation_id, device_hash, address_hash, action, subject_type,
                               subject_id, body)
    SELECT app_now(), person_id, role, organisation_id, device_hash, address_hash, what, kind, thing, facts
      FROM jsonb_to_record(actor) AS who (person_id uuid, role text, organisation_id uuid, device_hash text,
                                          address_hash text)
$$;

-- The same as core.money.split: by weight, largest remainder first, the earlier wins a tie.
CREATE FUNCTION money_split(amount bigint, weights bigint[]) RETURNS bigint[] LANGUAGE sql IMMUTABLE AS
$$
    SELECT array_agg(whole + CASE WHEN rank <= amount - rounded THEN 1 ELSE 0 END ORDER BY place)
      FROM (SELECT place, whole, sum(whole) OVER () AS rounded,
                   row_number() OVER (ORDER BY remainder DESC, place) AS rank
              FROM (SELECT place, div(amount::numeric * weight, total)::bigint AS whole,
                           mod(amount::numeric * weight, total) AS remainder
                      FROM (SELECT place, weight, sum(weight) OVER () AS total
                              FROM unnest(weights) WITH ORDINALITY AS each (weight, place)) AS weighed) AS shared) AS ranked
$$;

-- reserved -> committed on the voucher's lines; NULL, or why not, and then nothing is changed. The voucher's row is held,
-- so of two at once the second waits and then sees what is left.
CREATE FUNCTION voucher_commit(voucher uuid, agreement uuid, sum bigint, parts jsonb, actor jsonb, why text, once text)
RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
    held vouchers; lines uuid[]; lefts bigint[]; shares bigint[]; openings jsonb; legs jsonb; reached text;
BEGIN
    SELECT * INTO held FROM vouchers WHERE id = voucher FOR NO KEY UPDATE;
    IF held.id IS NULL OR held.status <> 'issued' OR held.expires_at <= app_now() THEN
        RETURN 'unusable';
    END IF;
    SELECT array_agg(budget_line_id ORDER BY budget_line_id), array_agg(balance ORDER BY budget_line_id)
      INTO lines, lefts FROM ledger_accounts WHERE owner_id = voucher AND stage = 'reserved';
    IF sum <= 0 OR sum > (SELECT coalesce(sum(each), 0) FROM unnest(lefts) AS each) THEN
        RETURN 'remainder';
    END IF;
    -- Weighing by what is left keeps every part within its line, and the last drawing empties all of them.
    shares := CASE WHEN parts IS NULL THEN money_split(sum, lefts) ELSE
        (SELECT array_agg(coalesce((parts ->> line::text)::bigint, 0) ORDER BY place)
           FROM unnest(lines) WITH ORDINALITY AS each (line, place)) END;
    IF sum <> (SELECT sum(share) FROM unnest(shares) AS share)
       OR EXISTS (SELECT FROM unnest(shares, lefts) AS each (share, rest) WHERE share NOT BETWEEN 0 AND rest) THEN
        RETURN 'parts';
    END IF;
    SELECT jsonb_agg(jsonb_build_object('code', format('committed:%s:%s', agreement, line), 'stage', 'committed',
               'owner_kind', 'agreement', 'owner_id', agreement, 'currency', held.currency, 'budget_line_id', line,
               'may_be_negative', false)),
           jsonb_agg(jsonb_build_object('debit', format('reserved:%s:%s', voucher, line), 'credit',
               format('committed:%s:%s', agreement, line), 'amount', share, 'key', format('%s:%s', once, line)))
      INTO openings, legs
      FROM unnest(lines, shares) AS each (line, share) WHERE share > 0;
    PERFORM ledger_post(openings, legs, 'commit', (actor ->> 'person_id')::uuid, why);
    PERFORM audit_record(actor, 'voucher.commit', 'vouchers', voucher,
        jsonb_build_object('after', jsonb_build_object('agreement', agreement, 'amount', sum)));
    IF shares = lefts THEN
        reached := lifecycle_target('voucher', 'exhaust', held.status);
        UPDATE vouchers SET status = reached, exhausted_at = app_now() WHERE id = voucher;
        PERFORM audit_record(actor, 'voucher.exhaust', 'vouchers', voucher, jsonb_build_object(
            'before', jsonb_build_object('status', held.status), 'after', jsonb_build_object('status', reached)));
    END IF;
    RETURN NULL;
END
$$;
"""

DOWN = """
DROP FUNCTION voucher_commit(uuid, uuid, bigint, jsonb, jsonb, text, text);
DROP FUNCTION money_split(bigint, bigint[]);
DROP FUNCTION audit_record(jsonb, text, text, uuid, jsonb);
DROP FUNCTION lifecycle_target(text, text, text);
DROP TABLE lifecycle_moves;
DROP FUNCTION ledger_post(jsonb, jsonb, text, uuid, text);
ALTER TABLE ledger_accounts RESET (fillfactor);
CREATE OR REPLACE FUNCTION ledger_book() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    PERFORM 1 FROM ledger_accounts WHERE id IN (NEW.debit_account_id, NEW.credit_account_id) ORDER BY id FOR UPDATE;
    IF (SELECT count(DISTINCT currency) FROM ledger_accounts
         WHERE id IN (NEW.debit_account_id, NEW.credit_account_id)) <> 1 THEN
        RAISE EXCEPTION 'a transfer needs one currency' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'ck_ledger_transfers_currency';
    END IF;
    UPDATE ledger_accounts SET balance = balance - NEW.amount WHERE id = NEW.debit_account_id;
    UPDATE ledger_accounts SET balance = balance + NEW.amount WHERE id = NEW.credit_account_id;
    RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION ledger_account_guard() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    -- Only ledger_book() writes from inside another trigger.
    IF TG_OP = 'DELETE' OR pg_trigger_depth() < 2
       OR (to_jsonb(NEW) - 'balance') <> (to_jsonb(OLD) - 'balance') THEN
        RAISE EXCEPTION 'accounts change by transfers alone' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
"""


def upgrade() -> None:
    op.execute(LEDGER)
    op.execute(REDEEM)


def downgrade() -> None:
    op.execute(DOWN)
