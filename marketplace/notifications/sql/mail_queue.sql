-- One mail and the task that sends it, each once per the mail's key; the ids of the tasks made.
CREATE OR REPLACE FUNCTION mail_queue(mails jsonb) RETURNS SETOF uuid LANGUAGE sql AS $$
    WITH mail AS (
        SELECT * FROM jsonb_to_recordset(mails) AS one (task uuid, key text, address text, locale text, template text,
                                                        data jsonb, status text, message_id text)
    ), fresh AS (
        INSERT INTO messages (key, address, locale, template, data, status, message_id)
        SELECT key, address, locale, template, data, status, message_id FROM mail
        ON CONFLICT ON CONSTRAINT uq_messages_key DO NOTHING RETURNING id, key
    )
    INSERT INTO background_tasks (id, name, queue, key, arguments)
    SELECT mail.task, 'send_mail', 'mail', 'message:' || fresh.id, jsonb_build_object('message_id', fresh.id)
      FROM fresh JOIN mail ON mail.key = fresh.key
    RETURNING id
$$;
