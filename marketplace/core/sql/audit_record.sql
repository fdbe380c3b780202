-- One entry of the audit trail.
CREATE OR REPLACE FUNCTION audit_record(actor jsonb, what text, kind text, thing uuid, facts jsonb) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO audit_entries (at, person_id, role, organisation_id, device_hash, address_hash, action, subject_type,
                               subject_id, body)
    SELECT app_now(), person_id, role, organisation_id, device_hash, address_hash, what, kind, thing, facts
      FROM jsonb_to_record(actor) AS who (person_id uuid, role text, organisation_id uuid, device_hash text,
                                          address_hash text)
$$;
