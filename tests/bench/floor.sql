-- The floor: what a redemption needs at least, written by hand. A key, a voucher, two sides of the book.
CREATE TABLE bench_requests (key text PRIMARY KEY);
CREATE TABLE bench_vouchers (id integer PRIMARY KEY, remaining bigint NOT NULL CHECK (remaining >= 0));
CREATE TABLE bench_accounts (id integer PRIMARY KEY, balance bigint NOT NULL);
CREATE TABLE bench_transfers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, debit integer NOT NULL,
    credit integer NOT NULL, amount bigint NOT NULL, key text NOT NULL);
INSERT INTO bench_vouchers SELECT number, 1000000000 FROM generate_series(1, 10000) AS number;
INSERT INTO bench_accounts SELECT number, 0 FROM generate_series(1, 20000) AS number;
CREATE FUNCTION bench_redeem(voucher integer, request text) RETURNS boolean LANGUAGE plpgsql AS
$$
BEGIN
    INSERT INTO bench_requests VALUES (request) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE bench_vouchers SET remaining = remaining - 1 WHERE id = voucher AND remaining >= 1;
    IF NOT FOUND THEN
        RAISE 'nothing left';
    END IF;
    INSERT INTO bench_transfers (debit, credit, amount, key) VALUES (voucher, voucher + 10000, 1, request);
    UPDATE bench_accounts SET balance = balance - 1 WHERE id = voucher;
    UPDATE bench_accounts SET balance = balance + 1 WHERE id = voucher + 10000;
    RETURN true;
END
$$;

-- What leads to redeeming and what follows, on the product's own tables, as one function around redeem_floor.sql.
CREATE SEQUENCE bench_next;
CREATE TABLE bench_agreements (number bigint PRIMARY KEY, agreement_id uuid NOT NULL);
CREATE TABLE bench_assessments AS SELECT to_jsonb(one) AS assessment FROM assessments AS one LIMIT 1;
CREATE FUNCTION bench_redeem_whole(place bigint) RETURNS void LANGUAGE plpgsql AS
$$
DECLARE
    held agreements; asked applications; who jsonb; once text := gen_random_uuid()::text;
    redemption uuid := gen_random_uuid(); share uuid := gen_random_uuid(); mails jsonb;
BEGIN
    INSERT INTO money_requests (key, verb, request) VALUES (once, 'redeem', jsonb_build_object('place', place));
    SELECT agreements.* INTO held FROM agreements JOIN bench_agreements ON agreement_id = id
     WHERE bench_agreements.number = place FOR NO KEY UPDATE OF agreements;
    SELECT applications.* INTO asked FROM applications JOIN vouchers ON application_id = applications.id
      JOIN calls ON calls.id = applications.call_id JOIN programmes ON programmes.id = calls.programme_id
      LEFT JOIN evidence ON evidence.application_id = applications.id WHERE vouchers.id = held.voucher_id;
    SELECT jsonb_agg(jsonb_build_object('task', gen_random_uuid(), 'key', 'mail:' || people.id || once,
               'address', people.email, 'locale', people.locale, 'template', 'engagements/co_payment_awaited', 'data',
               jsonb_build_object('number', held.number, 'amount', held.co_payment), 'status', 'queued',
               'message_id', people.id || once)) INTO mails
      FROM memberships JOIN people ON people.id = person_id
     WHERE organisation_id = held.organisation_id AND role = 'signatory';
    who := jsonb_build_object('person_id', held.sme_signed_by, 'role', 'signatory', 'organisation_id', held.organisation_id);
    PERFORM agreement_redeem(held.id, who, once, jsonb_build_object('redemption', redemption, 'engagement',
            gen_random_uuid(), 'year', 2026, 'co_payment', share, 'due_on', current_date + 14, 'lapses_at', app_now() + interval '21 days',
            'mails', mails, 'assessment', jsonb_set(assessment, '{application_id}', to_jsonb(asked.id))))
       FROM bench_assessments;
    UPDATE money_requests SET answer_id = redemption WHERE key = once;
END
$$;

-- Accounts for single transfers, as many as pgbench has.
INSERT INTO ledger_accounts (code, stage, owner_kind, currency, may_be_negative)
SELECT 'bench:' || number, 'bank', 'bench', 'KRW', true FROM generate_series(1, 100000) AS number;
