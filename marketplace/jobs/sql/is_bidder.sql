-- Whether the organisation that acts, as the service names it in each transaction, is this provider.
CREATE OR REPLACE FUNCTION is_bidder(provider uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT provider = nullif(current_setting('app.organisation_id', true), '')::uuid
$$;
