-- A status changes by a move in `lifecycle_moves`; the trigger names the lifecycle.
CREATE OR REPLACE FUNCTION refuse_undeclared_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM lifecycle_moves
                    WHERE lifecycle = TG_ARGV[0] AND source = OLD.status AND target = NEW.status) THEN
        RAISE EXCEPTION 'a % doesn''t go from % to %', TG_ARGV[0], OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lifecycle_moves';
    END IF;
    RETURN NEW;
END
$$;
