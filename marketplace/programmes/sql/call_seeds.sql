-- Nobody who works through the application reads a seed before the call closes; none is ever changed.
ALTER TABLE call_seeds ENABLE ROW LEVEL SECURITY;
ALTER TABLE call_seeds FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS read_seed ON call_seeds;
CREATE POLICY read_seed ON call_seeds FOR SELECT USING (call_is_over(call_id));
DROP POLICY IF EXISTS keep_seed ON call_seeds;
CREATE POLICY keep_seed ON call_seeds FOR INSERT WITH CHECK (is_promised_seed(call_id, seed));
