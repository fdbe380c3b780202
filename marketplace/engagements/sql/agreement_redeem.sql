-- Everything that redeeming writes, or NULL changed and why not. The caller holds the agreement and has checked it.
CREATE OR REPLACE FUNCTION agreement_redeem(agreement uuid, actor jsonb, once text, made jsonb) RETURNS text
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
