-- The fixed floor: redeeming as it once was, one function that writes everything.

-- Where a move leads, or an error when it isn't declared.
CREATE FUNCTION lifecycle_target(which text, what text, now text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
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

-- One mail and the task that sends it, each once per the mail's key; the ids of the tasks made.
CREATE FUNCTION mail_queue(mails jsonb) RETURNS SETOF uuid LANGUAGE sql AS $$
    WITH mail AS (
        SELECT * FROM jsonb_to_recordset(mails) AS one (task uuid, key text, address text, locale text, template text,
                                                        data jsonb, status text, message_id text)
    ), fresh AS (
        INSERT INTO messages (key, address, locale, template, data, status, message_id)
        SELECT key, address, locale, template, data, status, message_id FROM mail
        ON CONFLICT ON CONSTRAINT uq_messages_key DO NOTHING RETURNING id, key
    )
    INSERT INTO background_tasks (id, name, queue, key, arguments)
    SELECT mail.task, 'send_mail', 'mail', 'message:' || fresh.id, jsonb_build_object('message_id', fresh.id)
      FROM fresh JOIN mail ON mail.key = fresh.key
    RETURNING id
$$;

-- They are counted while the firm's row is held, so of two at once the second counts the first one's too.
CREATE FUNCTION provider_set_load(provider uuid, actor jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    running integer;
BEGIN
    PERFORM 1 FROM providers WHERE id = provider FOR NO KEY UPDATE;
    SELECT count(*) INTO running FROM engagements
     WHERE provider_id = provider AND status IN ('awaiting_co_payment', 'active');
    UPDATE providers SET load = running, last_worked_at = app_now() WHERE id = provider;
    PERFORM audit_record(actor, 'provider.set_load', 'providers', provider,
                         jsonb_build_object('after', jsonb_build_object('load', running)));
END
$$;

-- Everything that redeeming writes, or NULL changed and why not. The caller holds the agreement and has checked it.
CREATE FUNCTION agreement_redeem(agreement uuid, actor jsonb, once text, made jsonb) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    held agreements; refusal text; reached text; reference text;
    begun uuid := made ->> 'engagement'; who uuid := actor ->> 'person_id'; year integer := made ->> 'year';
BEGIN
    SELECT * INTO held FROM agreements WHERE id = agreement FOR NO KEY UPDATE;
    refusal := voucher_commit(held.voucher_id, held.id, held.aid, held.aid_parts, actor, held.number, once);
    IF refusal IS NOT NULL THEN
        RETURN refusal;
    END IF;
    INSERT INTO assessments (application_id, occasion, standard, standard_date, result, inputs, rules, evidence,
                             assessed_by, assessed_at)
    SELECT application_id, occasion, standard, standard_date, result, inputs, rules, evidence, assessed_by, assessed_at
      FROM jsonb_populate_record(NULL::assessments, made -> 'assessment');
    INSERT INTO redemptions (id, agreement_id, voucher_id, amount, currency, key, redeemed_by, redeemed_at, device_hash)
    VALUES ((made ->> 'redemption')::uuid, held.id, held.voucher_id, held.aid, held.currency, once, who, app_now(),
            actor ->> 'device_hash');
    reached := lifecycle_target('agreement', 'redeem', held.status);
    UPDATE agreements SET status = reached, redeemed_at = app_now() WHERE id = held.id;
    PERFORM audit_record(actor, 'agreement.redeem', 'agreements', held.id, jsonb_build_object(
        'before', jsonb_build_object('status', held.status),
        'after', jsonb_build_object('status', reached, 'amount', held.aid)));
    INSERT INTO engagements (id, number, agreement_id, organisation_id, provider_id, status)
    VALUES (begun, next_number('ENG', year), held.id, held.organisation_id, held.provider_id, 'awaiting_co_payment');
    INSERT INTO stages (engagement_id, agreement_stage_id, position, code, status)
    SELECT begun, id, position, code, 'waiting' FROM agreement_stages WHERE agreement_id = held.id;
    PERFORM audit_record(actor, 'engagement.begin', 'engagements', begun,
                         jsonb_build_object('after', jsonb_build_object('agreement_id', held.id)));
    IF held.co_payment > 0 THEN
        reference := next_number('COP', year);
        INSERT INTO co_payments (id, agreement_id, amount, currency, reference, due_on, status)
        VALUES ((made ->> 'co_payment')::uuid, held.id, held.co_payment, held.currency, reference,
                (made ->> 'due_on')::date, 'awaited');
        INSERT INTO background_tasks (id, name, queue, key, arguments, run_after)
        VALUES (gen_random_uuid(), 'lapse_engagement', 'money', 'engagement:' || begun,
                jsonb_build_object('engagement_id', begun), (made ->> 'lapses_at')::timestamptz);
        PERFORM mail_queue((SELECT coalesce(jsonb_agg(jsonb_set(mail, '{data, reference}', to_jsonb(reference))), '[]')
                              FROM jsonb_array_elements(made -> 'mails') AS mail));
    END IF;
    PERFORM provider_set_load(held.provider_id, actor);
    RETURN NULL;
END
$$;
