-- The engagement's row is held where something is asked back of it: together never more than was paid for it.
CREATE OR REPLACE FUNCTION check_receivable() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    work engagements;
BEGIN
    SELECT * INTO work FROM engagements WHERE id = NEW.engagement_id FOR NO KEY UPDATE;
    IF NEW.debtor_id NOT IN (work.organisation_id, work.provider_id) THEN
        RAISE EXCEPTION 'the debtor has no part in the engagement'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_receivables_debtor';
    END IF;
    IF NEW.principal + (SELECT coalesce(sum(principal), 0) FROM receivables
                         WHERE engagement_id = NEW.engagement_id AND status <> 'dropped' AND id <> NEW.id)
       > engagement_aid_paid(NEW.engagement_id) THEN
        RAISE EXCEPTION 'more is asked back than was paid'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_receivables_aid_paid';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER check_confirmed BEFORE UPDATE OF status ON receivables
    FOR EACH ROW WHEN (OLD.status = 'proposed' AND NEW.status = 'open') EXECUTE FUNCTION check_receivable();
CREATE OR REPLACE TRIGGER check_receivable BEFORE INSERT ON receivables
    FOR EACH ROW EXECUTE FUNCTION check_receivable();
