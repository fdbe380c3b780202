-- reserved -> committed on the voucher's lines; NULL, or why not, and then nothing is changed. The voucher's row is
-- held, so of two at once the second waits and then sees what is left.
CREATE OR REPLACE FUNCTION voucher_commit(voucher_id uuid, agreement_id uuid, amount bigint, parts jsonb, actor jsonb,
                                          reference text, key text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    voucher vouchers; lines uuid[]; balances bigint[]; shares bigint[]; openings jsonb; legs jsonb;
BEGIN
    SELECT * INTO voucher FROM vouchers WHERE id = voucher_id FOR NO KEY UPDATE;
    IF voucher.id IS NULL OR voucher.status <> 'issued' OR voucher.expires_at <= app_now() THEN
        RETURN 'unusable';
    END IF;
    SELECT array_agg(budget_line_id ORDER BY budget_line_id), array_agg(balance ORDER BY budget_line_id)
      INTO lines, balances FROM ledger_accounts WHERE owner_id = voucher_id AND stage = 'reserved';
    IF amount <= 0 OR amount > (SELECT coalesce(sum(balance), 0) FROM unnest(balances) AS balance) THEN
        RETURN 'remainder';
    END IF;
    -- Weighing by what is left keeps every part within its line, and the last drawing empties all of them.
    shares := CASE WHEN parts IS NULL THEN money_split(amount, balances) ELSE
        (SELECT array_agg(coalesce((parts ->> line::text)::bigint, 0) ORDER BY place)
           FROM unnest(lines) WITH ORDINALITY AS given (line, place)) END;
    IF amount <> (SELECT sum(share) FROM unnest(shares) AS share)
       OR EXISTS (SELECT FROM unnest(shares, balances) AS part (share, balance)
                   WHERE share NOT BETWEEN 0 AND balance) THEN
        RETURN 'parts';
    END IF;
    SELECT jsonb_agg(jsonb_build_object('code', format('committed:%s:%s', agreement_id, line), 'stage', 'committed',
               'owner_kind', 'agreement', 'owner_id', agreement_id, 'currency', voucher.currency,
               'budget_line_id', line, 'may_be_negative', false)),
           jsonb_agg(jsonb_build_object('debit', format('reserved:%s:%s', voucher_id, line), 'credit',
               format('committed:%s:%s', agreement_id, line), 'amount', share, 'key', format('%s:%s', key, line)))
      INTO openings, legs
      FROM unnest(lines, shares) AS part (line, share) WHERE share > 0;
    PERFORM ledger_post(openings, legs, 'commit', (actor ->> 'person_id')::uuid, reference);
    PERFORM audit_record(actor, 'voucher.commit', 'vouchers', voucher_id,
        jsonb_build_object('after', jsonb_build_object('agreement', agreement_id, 'amount', amount)));
    IF shares = balances THEN
        UPDATE vouchers SET status = 'exhausted', exhausted_at = app_now() WHERE id = voucher_id;
        PERFORM audit_record(actor, 'voucher.exhaust', 'vouchers', voucher_id, jsonb_build_object(
            'before', jsonb_build_object('status', voucher.status),
            'after', jsonb_build_object('status', 'exhausted')));
    END IF;
    RETURN NULL;
END
$$;
