-- The seed can't be read before the call opens, by nobody who comes through the application; nor changed, ever.
ALTER TABLE waiting_room_seeds ENABLE ROW LEVEL SECURITY;
ALTER TABLE waiting_room_seeds FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS read_opened ON waiting_room_seeds;
CREATE POLICY read_opened ON waiting_room_seeds FOR SELECT
    USING (app_now() >= (SELECT opens_at FROM calls WHERE id = call_id));
DROP POLICY IF EXISTS seal ON waiting_room_seeds;
CREATE POLICY seal ON waiting_room_seeds FOR INSERT
    WITH CHECK (app_now() < (SELECT opens_at FROM calls WHERE id = call_id));
