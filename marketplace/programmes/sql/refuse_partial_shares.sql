-- What is published is frozen, so the shares of each category are whole from then on.
CREATE OR REPLACE FUNCTION refuse_partial_shares() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM jsonb_object_keys(NEW.cost_categories) AS code
                WHERE 10000 IS DISTINCT FROM (SELECT sum(basis_points) FROM cost_shares
                                               WHERE programme_id = NEW.id AND category = code))
       OR EXISTS (SELECT FROM cost_shares WHERE programme_id = NEW.id AND NOT NEW.cost_categories ? category) THEN
        RAISE EXCEPTION 'the cost shares of each category sum to 100 per cent'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'cost_shares_whole';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER programmes_whole AFTER INSERT OR UPDATE ON programmes
    FOR EACH ROW WHEN (NEW.status = 'published') EXECUTE FUNCTION refuse_partial_shares();
