-- A bid's content is sealed until the deadline of its job: its bidder alone reads and changes it before.
ALTER TABLE bid_contents ENABLE ROW LEVEL SECURITY;
ALTER TABLE bid_contents FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS read_bid ON bid_contents;
CREATE POLICY read_bid ON bid_contents FOR SELECT USING (is_bidder(provider_id) OR bids_are_open(job_id));
DROP POLICY IF EXISTS place_bid ON bid_contents;
CREATE POLICY place_bid ON bid_contents FOR INSERT WITH CHECK (is_bidder(provider_id) AND bidding_is_open(job_id));
DROP POLICY IF EXISTS replace_bid ON bid_contents;
CREATE POLICY replace_bid ON bid_contents FOR UPDATE USING (is_bidder(provider_id) AND bidding_is_open(job_id))
    WITH CHECK (is_bidder(provider_id) AND bidding_is_open(job_id));
DROP POLICY IF EXISTS withdraw_bid ON bid_contents;
CREATE POLICY withdraw_bid ON bid_contents FOR DELETE USING (is_bidder(provider_id) AND bidding_is_open(job_id));
