-- The rows of an allocation, written by hand: one INSERT..SELECT for each table, in the product's own tables with all
-- their constraints. What each ticket is decided by comes first; `:call` has so many sealed applications.
CREATE FUNCTION bench_decide(call uuid, vouchers integer) RETURNS void LANGUAGE plpgsql AS
$$
BEGIN
    CREATE TEMP TABLE queue ON COMMIT DROP AS
    SELECT *, row_number() OVER (ORDER BY ticket) AS place FROM applications WHERE call_id = call;
    ANALYZE queue;
    INSERT INTO assessments (application_id, occasion, standard, standard_date, result, inputs, rules, evidence,
                             assessed_at)
    SELECT queue.id, 'allocation', standard, standard_date, result, queue.facts, rules, evidence, app_now()
      FROM queue, bench_assessment;
    INSERT INTO sealed_tickets (application_id, call_id, ticket, place, undertaking, promised)
    SELECT id, call_id, ticket, place, organisation_id, 0 FROM queue;
    INSERT INTO allocation_entries (call_id, application_id, ticket, outcome, reason, position, parts, decided_at)
    SELECT call_id, id, ticket, CASE WHEN place <= vouchers THEN 'allocated' ELSE 'waitlisted' END,
           CASE WHEN place > vouchers THEN 'budget_spent' END, CASE WHEN place > vouchers THEN place - vouchers END,
           CASE WHEN place > vouchers THEN '{}' ELSE parts END, app_now()
      FROM queue, (SELECT jsonb_object_agg(id, amount / vouchers) AS parts FROM budget_lines
                    WHERE call_id = call) AS line;
END
$$;

-- What each answer comes to: move, voucher, money, mail, task, audit. The books are kept by one sum for each account
-- instead of the ledger's trigger, which takes one transfer after the other.
CREATE FUNCTION bench_carry_out(call uuid) RETURNS void LANGUAGE plpgsql AS
$$
BEGIN
    CREATE TEMP TABLE answers ON COMMIT DROP AS
    SELECT one.id, one.number, one.organisation_id, one.call_id, answer.outcome, answer.reason, answer.position,
           answer.parts, sealed.place, gen_random_uuid() AS voucher_id
      FROM applications AS one JOIN allocation_entries AS answer ON answer.application_id = one.id
      JOIN sealed_tickets AS sealed ON sealed.application_id = one.id
     WHERE one.call_id = call AND one.status = 'accepted';
    ANALYZE answers;
    UPDATE applications SET status = outcome, reason = answers.reason,
           allocated_at = CASE WHEN outcome = 'allocated' THEN app_now() END,
           waitlisted_at = CASE WHEN outcome = 'waitlisted' THEN app_now() END
      FROM answers WHERE answers.id = applications.id;
    INSERT INTO vouchers (id, number, code, application_id, call_id, programme_id, organisation_id, amount, released,
                          currency, one_active, status, issued_at, expires_at)
    SELECT voucher_id, 'VOU-' || nextval('number_vou'), voucher_id, answers.id, call_id, programme_id, organisation_id,
           voucher_amount, 0, currency, one_active_voucher, 'issued', app_now(), app_now() + interval '180 days'
      FROM answers JOIN calls ON calls.id = answers.call_id JOIN programmes ON programmes.id = programme_id
     WHERE outcome = 'allocated' ORDER BY place;
    INSERT INTO audit_entries (at, role, action, subject_type, subject_id, body)
    SELECT app_now(), 'system', 'application.' || outcome, 'applications', id, jsonb_build_object('reason', reason,
           'before', jsonb_build_object('status', 'accepted'), 'after', jsonb_build_object('status', outcome))
      FROM answers;
    INSERT INTO audit_entries (at, role, action, subject_type, subject_id, body)
    SELECT app_now(), 'system', 'voucher.issue', 'vouchers', voucher_id,
           jsonb_build_object('after', jsonb_build_object('application', id, 'amount', 12000000))
      FROM answers WHERE outcome = 'allocated';
    INSERT INTO ledger_accounts (code, stage, owner_kind, owner_id, currency, budget_line_id)
    SELECT format('reserved:%s:%s', voucher_id, line), 'reserved', 'voucher', voucher_id, 'KRW', line::uuid
      FROM answers, jsonb_object_keys(parts) AS line;
    INSERT INTO ledger_transfers (movement_id, debit_account_id, credit_account_id, amount, kind, reference, key)
    SELECT voucher_id, giver.id, taker.id, (parts ->> line)::bigint, 'reserve', number, format('reserve:%s:%s', voucher_id, line)
      FROM answers, jsonb_object_keys(parts) AS line
      JOIN ledger_accounts AS giver ON giver.code = 'available:' || line, ledger_accounts AS taker
     WHERE taker.code = format('reserved:%s:%s', voucher_id, line);
    UPDATE ledger_accounts SET balance = balance + moved
      FROM (SELECT side, sum(sum) AS moved
              FROM ledger_transfers, LATERAL (VALUES (debit_account_id, -amount), (credit_account_id, amount))
                   AS each (side, sum)
             WHERE key LIKE 'reserve:%' AND xmin = pg_current_xact_id()::xid GROUP BY side) AS sums
     WHERE id = side;
    INSERT INTO messages (key, address, locale, template, data, status, message_id)
    SELECT format('%s:%s:%s', outcome, answers.id, people.id), email, locale, 'vouchers/' || outcome,
           jsonb_build_object('recipient_name', name, 'number', answers.number, 'call', title, 'path',
               '/applications/' || answers.id, 'reason', reason, 'position', position, 'voucher', voucher_id),
           'queued', md5(answers.id::text)
      FROM answers JOIN memberships USING (organisation_id) JOIN people ON people.id = person_id
      JOIN calls ON calls.id = call_id;
    INSERT INTO background_tasks (id, name, queue, key, arguments)
    SELECT gen_random_uuid(), 'send_mail', 'mail', 'message:' || messages.id,
           jsonb_build_object('message_id', messages.id)
      FROM answers JOIN messages ON message_id = md5(answers.id::text);
END
$$;
