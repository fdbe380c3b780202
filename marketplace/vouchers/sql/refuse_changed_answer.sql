-- Rows that are written once.
CREATE OR REPLACE FUNCTION refuse_changed_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was assessed and allocated is never changed'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
END $$;

CREATE OR REPLACE TRIGGER allocation_entries_kept BEFORE DELETE OR UPDATE ON allocation_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_changed_answer();
CREATE OR REPLACE TRIGGER assessments_kept BEFORE DELETE OR UPDATE ON assessments
    FOR EACH ROW EXECUTE FUNCTION refuse_changed_answer();
CREATE OR REPLACE TRIGGER kept BEFORE DELETE OR UPDATE ON scores
    FOR EACH ROW EXECUTE FUNCTION refuse_changed_answer();
CREATE OR REPLACE TRIGGER kept BEFORE DELETE OR UPDATE ON sealed_tickets
    FOR EACH ROW EXECUTE FUNCTION refuse_changed_answer();
