-- Whether the job's bids may be read by others than their bidders: after its deadline.
CREATE OR REPLACE FUNCTION bids_are_open(job uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT app_now() >= closes_at AND (withdrawn_at IS NULL OR withdrawn_at >= closes_at)
      FROM jobs WHERE id = job
$$;
