-- Rows that are only added, never changed, removed or emptied.
CREATE OR REPLACE TRIGGER append_only BEFORE DELETE OR UPDATE ON reconciliations
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER never_emptied BEFORE TRUNCATE ON reconciliations
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
