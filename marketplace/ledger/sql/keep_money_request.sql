-- What was asked is never changed; the answer is written once.
CREATE OR REPLACE FUNCTION keep_money_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.answer_id IS NOT NULL OR (to_jsonb(NEW) - 'answer_id') <> (to_jsonb(OLD) - 'answer_id') THEN
        RAISE EXCEPTION 'a money request is answered once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER kept BEFORE UPDATE ON money_requests
    FOR EACH ROW EXECUTE FUNCTION keep_money_request();
