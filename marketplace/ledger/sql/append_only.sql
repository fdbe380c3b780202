-- Rows that are only added, never changed, removed or emptied.
CREATE OR REPLACE TRIGGER append_only BEFORE DELETE OR UPDATE ON ledger_transfers
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER never_emptied BEFORE TRUNCATE ON ledger_transfers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER append_only BEFORE DELETE ON money_requests
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER never_emptied BEFORE TRUNCATE ON money_requests
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
