-- reserved -> committed on the voucher's lines; NULL, or why not, and then nothing is changed. The voucher's row is
-- held, so of two at once the second waits and then sees what is left.
CREATE OR REPLACE FUNCTION voucher_commit(voucher uuid, agreement uuid, sum bigint, parts jsonb, actor jsonb,
                                          why text, once text) RETURNS text LANGUAGE plpgsql AS $$
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
