-- Whether the agency knows that this company or firm is who it says.
CREATE OR REPLACE FUNCTION is_verified(organisation uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM verifications WHERE organisation_id = organisation AND status = 'confirmed')
$$;
