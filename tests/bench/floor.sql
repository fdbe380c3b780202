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

-- The same statements as the product's redeem, on its own tables, as one function.
CREATE SEQUENCE bench_next;
CREATE TABLE bench_agreements (number bigint PRIMARY KEY, agreement_id uuid NOT NULL);
CREATE FUNCTION bench_redeem_whole(place bigint) RETURNS void LANGUAGE plpgsql AS
$$
DECLARE
    held agreements; drawn vouchers; asked applications; who jsonb; once text := gen_random_uuid()::text;
    redemption uuid := gen_random_uuid(); begun uuid := gen_random_uuid(); mail uuid := gen_random_uuid(); running integer;
BEGIN
    INSERT INTO money_requests (key, verb, request) VALUES (once, 'redeem', jsonb_build_object('place', place));
    SELECT agreements.* INTO held FROM agreements JOIN bench_agreements ON agreement_id = id WHERE bench_agreements.number = place
       FOR NO KEY UPDATE OF agreements;
    SELECT * INTO drawn FROM vouchers WHERE id = held.voucher_id;
    SELECT * INTO asked FROM applications WHERE id = drawn.application_id;
    PERFORM 1 FROM calls JOIN programmes ON programmes.id = programme_id WHERE calls.id = asked.call_id;
    PERFORM 1 FROM evidence WHERE application_id = asked.id;
    INSERT INTO assessments SELECT (jsonb_populate_record(one, jsonb_build_object('id', gen_random_uuid(),
           'application_id', asked.id, 'occasion', 'redemption'))).* FROM assessments AS one
     WHERE one.id = (SELECT min(id::text)::uuid FROM bench_assessments);
    who := jsonb_build_object('person_id', held.sme_signed_by, 'role', 'signatory', 'organisation_id', held.organisation_id);
    PERFORM voucher_commit(held.voucher_id, held.id, held.aid, NULL, who, held.number, once);
    INSERT INTO redemptions (id, agreement_id, voucher_id, amount, currency, key, redeemed_by, redeemed_at)
    VALUES (redemption, held.id, held.voucher_id, held.aid, held.currency, once, held.sme_signed_by, app_now());
    UPDATE agreements SET status = 'redeemed', redeemed_at = app_now() WHERE id = held.id;
    PERFORM audit_record(who, 'agreement.redeem', 'agreements', held.id, '{}');
    INSERT INTO engagements (id, number, agreement_id, organisation_id, provider_id, status)
    VALUES (begun, 'ENG-' || nextval('number_eng'), held.id, held.organisation_id, held.provider_id, 'awaiting_co_payment');
    INSERT INTO stages (engagement_id, agreement_stage_id, position, code, status)
    SELECT begun, id, position, code, 'waiting' FROM agreement_stages WHERE agreement_id = held.id;
    PERFORM audit_record(who, 'engagement.begin', 'engagements', begun, '{}');
    INSERT INTO co_payments (agreement_id, amount, currency, reference, due_on, status)
    VALUES (held.id, held.co_payment, held.currency, 'COP-' || nextval('number_cop'), current_date + 14, 'awaited');
    INSERT INTO background_tasks (id, kind, queue, subject, wave, run_after)
    VALUES (gen_random_uuid(), 'lapse_engagement', 'money', begun, 0, app_now() + interval '21 days');
    PERFORM 1 FROM memberships JOIN people ON people.id = person_id WHERE organisation_id = held.organisation_id;
    INSERT INTO messages (id, key, address, locale, template, data, status, message_id)
    VALUES (mail, 'mail:' || once, 'a@example.org', 'ko', 'engagements/co_payment_awaited',
            jsonb_build_object('number', held.number, 'amount', held.co_payment), 'queued', once);
    INSERT INTO background_tasks (id, kind, queue, subject, wave)
    VALUES (gen_random_uuid(), 'send_mail', 'mail', mail, 0);
    PERFORM 1 FROM providers WHERE id = held.provider_id FOR NO KEY UPDATE;
    SELECT count(*) INTO running FROM engagements
     WHERE provider_id = held.provider_id AND status IN ('awaiting_co_payment', 'active');
    UPDATE providers SET load = running, last_worked_at = app_now() WHERE id = held.provider_id;
    PERFORM audit_record(who, 'provider.set_load', 'providers', held.provider_id, '{}');
    UPDATE money_requests SET answer_id = redemption WHERE key = once;
END
$$;
CREATE TABLE bench_assessments AS SELECT id FROM assessments LIMIT 1;

-- Accounts for single transfers, as many as pgbench has.
INSERT INTO ledger_accounts (code, stage, owner_kind, currency, may_be_negative)
SELECT 'bench:' || number, 'bank', 'bench', 'KRW', true FROM generate_series(1, 100000) AS number;
