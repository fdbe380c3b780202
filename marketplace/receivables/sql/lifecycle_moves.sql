-- The moves that the area's money makes; a test compares them with states.py. Every other one is refused.
DELETE FROM lifecycle_moves WHERE lifecycle IN ('instalment', 'receivable', 'write_off');
INSERT INTO lifecycle_moves (lifecycle, event, source, target) VALUES
    ('instalment', 'notify', 'scheduled', 'notified'),
    ('instalment', 'pay', 'scheduled', 'paid'),
    ('instalment', 'pay', 'notified', 'paid'),
    ('instalment', 'replace', 'scheduled', 'replaced'),
    ('instalment', 'replace', 'notified', 'replaced'),
    ('instalment', 'write_off', 'scheduled', 'written_off'),
    ('instalment', 'write_off', 'notified', 'written_off'),
    ('instalment', 'reopen', 'paid', 'notified'),
    ('receivable', 'confirm', 'proposed', 'open'),
    ('receivable', 'drop', 'proposed', 'dropped'),
    ('receivable', 'settle', 'open', 'settled'),
    ('receivable', 'write_off', 'open', 'written_off'),
    ('receivable', 'reopen', 'settled', 'open'),
    ('write_off', 'sign', 'proposed', 'signed'),
    ('write_off', 'refuse', 'proposed', 'refused');

CREATE OR REPLACE TRIGGER moves_declared BEFORE UPDATE ON instalments
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_undeclared_move('instalment');
CREATE OR REPLACE TRIGGER moves_declared BEFORE UPDATE ON receivables
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_undeclared_move('receivable');
CREATE OR REPLACE TRIGGER moves_declared BEFORE UPDATE ON write_offs
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_undeclared_move('write_off');
