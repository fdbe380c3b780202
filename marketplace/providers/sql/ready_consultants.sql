-- Consultants who can be named in a bid on that day as far as it rests with them, and their firms: the same as
-- consultant_obstacle says of one of them, for all at once. A query that calls it is planned as if this stood in it.
CREATE OR REPLACE FUNCTION ready_consultants(on_date date, courses text[])
RETURNS TABLE (consultant_id uuid, provider_id uuid) LANGUAGE sql STABLE AS $$
    SELECT c.id, c.provider_id FROM consultants AS c
     WHERE c.status = 'active' AND c.provider_id IS NOT NULL
       AND c.id IN (SELECT p.consultant_id FROM pledges AS p WHERE p.season = extract(year FROM on_date)::integer)
       AND c.id IN (SELECT passed.consultant_id
                      FROM (SELECT DISTINCT t.consultant_id, t.course FROM training_records AS t
                             WHERE t.course = ANY (courses) AND on_date BETWEEN t.passed_on AND t.expires_on) AS passed
                     GROUP BY passed.consultant_id HAVING count(*) = cardinality(courses))
$$;
