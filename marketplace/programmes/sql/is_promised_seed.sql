-- Whether a seed is the one whose hash was published with the call.
CREATE OR REPLACE FUNCTION is_promised_seed(call uuid, seed text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT seed_hash = encode(sha256(convert_to(seed, 'UTF8')), 'hex') FROM calls WHERE id = call
$$;
