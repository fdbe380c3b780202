-- Why this consultant can't be named by this provider on that day, or NULL when ready: the codes are those
-- of the rule in Python, which says the same first, in words.
CREATE OR REPLACE FUNCTION consultant_obstacle(consultant uuid, provider uuid, on_date date, courses text[]) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN NOT EXISTS (SELECT FROM providers p WHERE p.id = provider AND p.status = 'approved')
            THEN 'provider_not_approved'
        WHEN NOT EXISTS (SELECT FROM affiliations a
                          WHERE a.consultant_id = consultant AND a.provider_id = provider
                            AND on_date >= a.from_on AND (a.until_on IS NULL OR on_date <= a.until_on))
            THEN 'not_with_the_firm'
        WHEN NOT EXISTS (SELECT FROM pledges p
                          WHERE p.consultant_id = consultant AND p.season = extract(year FROM on_date))
            THEN 'not_pledged'
        WHEN EXISTS (SELECT FROM unnest(courses) AS required (course)
                      WHERE NOT EXISTS (SELECT FROM training_records t
                                         WHERE t.consultant_id = consultant AND t.course = required.course
                                           AND on_date BETWEEN t.passed_on AND t.expires_on))
            THEN 'not_trained'
    END
$$;
