-- One entry of the audit trail, as core.audit.record() writes it; `actor` is what facts_of() says.
CREATE OR REPLACE FUNCTION audit_record(actor jsonb, action text, subject_type text, subject_id uuid, body jsonb)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO audit_entries (at, person_id, role, organisation_id, device_hash, address_hash, action, subject_type,
                               subject_id, body)
    SELECT app_now(), person_id, role, organisation_id, device_hash, address_hash, audit_record.action,
           audit_record.subject_type, audit_record.subject_id, audit_record.body
      FROM jsonb_to_record(actor) AS facts (person_id uuid, role text, organisation_id uuid, device_hash text,
                                            address_hash text)
$$;
