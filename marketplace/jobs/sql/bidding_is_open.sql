-- Sealed: the bidder alone until the deadline; never opened when the job was withdrawn before it.
CREATE OR REPLACE FUNCTION bidding_is_open(job uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT status = 'published' AND app_now() < closes_at FROM jobs WHERE id = job
$$;
