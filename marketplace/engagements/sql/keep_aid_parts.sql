-- How an agreement's aid is divided among the budget lines is never changed.
CREATE OR REPLACE TRIGGER keep_aid_parts BEFORE UPDATE ON agreements
    FOR EACH ROW WHEN (OLD.aid_parts IS DISTINCT FROM NEW.aid_parts) EXECUTE FUNCTION refuse_change();
