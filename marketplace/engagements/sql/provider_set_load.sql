-- They are counted while the firm's row is held, so of two at once the second counts the first one's too.
CREATE OR REPLACE FUNCTION provider_set_load(provider uuid, actor jsonb) RETURNS void LANGUAGE plpgsql AS $$
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
