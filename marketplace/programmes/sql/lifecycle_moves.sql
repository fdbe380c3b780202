-- The moves that the area's money makes; a test compares them with states.py. Every other one is refused.
DELETE FROM lifecycle_moves WHERE lifecycle IN ('budget_line', 'call');
INSERT INTO lifecycle_moves (lifecycle, event, source, target) VALUES
    ('budget_line', 'appropriate', 'proposed', 'appropriated'),
    ('call', 'publish', 'draft', 'published'),
    ('call', 'pause', 'published', 'paused'),
    ('call', 'resume', 'paused', 'published'),
    ('call', 'close', 'published', 'closed'),
    ('call', 'close', 'paused', 'closed'),
    ('call', 'wind_down', 'published', 'winding_down'),
    ('call', 'wind_down', 'paused', 'winding_down'),
    ('call', 'wind_down', 'closed', 'winding_down'),
    ('call', 'wind_up', 'winding_down', 'wound_up');

CREATE OR REPLACE TRIGGER moves_declared BEFORE UPDATE ON budget_lines
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_undeclared_move('budget_line');
CREATE OR REPLACE TRIGGER moves_declared BEFORE UPDATE ON calls
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_undeclared_move('call');
