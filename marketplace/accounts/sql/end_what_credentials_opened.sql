-- Whatever the old credentials opened ends with them: links in mails, and sessions on every device. Only the link by which
-- a change can be taken back outlives further changes.
CREATE OR REPLACE FUNCTION end_what_credentials_opened() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tokens SET used_at = app_now() WHERE person_id = NEW.id AND used_at IS NULL AND purpose <> 'take_back';
    UPDATE sessions SET ended_at = now() WHERE person_id = NEW.id AND ended_at IS NULL;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER people_credentials AFTER UPDATE OF email, password_hash ON people FOR EACH ROW
    WHEN (OLD.email <> NEW.email OR OLD.password_hash <> NEW.password_hash)
    EXECUTE FUNCTION end_what_credentials_opened();
