-- The moves that the area's money makes; a test compares them with states.py. Every other one is refused.
DELETE FROM lifecycle_moves WHERE lifecycle IN ('agreement', 'co_payment', 'engagement', 'stage');
INSERT INTO lifecycle_moves (lifecycle, event, source, target) VALUES
    ('agreement', 'redeem', 'signed', 'redeemed'),
    ('agreement', 'sign', 'drafted', 'signed'),
    ('agreement', 'cancel', 'drafted', 'cancelled'),
    ('agreement', 'cancel', 'signed', 'cancelled'),
    ('agreement', 'lapse', 'redeemed', 'cancelled'),
    ('co_payment', 'pay', 'awaited', 'paid'),
    ('co_payment', 'take_back', 'paid', 'awaited'),
    ('co_payment', 'lapse', 'awaited', 'lapsed'),
    ('engagement', 'start', 'awaiting_co_payment', 'active'),
    ('engagement', 'stop', 'active', 'awaiting_co_payment'),
    ('engagement', 'finish', 'active', 'finished'),
    ('engagement', 'lapse', 'awaiting_co_payment', 'lapsed'),
    ('engagement', 'terminate', 'active', 'terminated'),
    ('engagement', 'terminate', 'awaiting_co_payment', 'terminated'),
    ('stage', 'open', 'waiting', 'open'),
    ('stage', 'deliver', 'open', 'delivered'),
    ('stage', 'correct', 'delivered', 'open'),
    ('stage', 'accept', 'delivered', 'accepted'),
    ('stage', 'end', 'waiting', 'ended'),
    ('stage', 'end', 'open', 'ended'),
    ('stage', 'end', 'delivered', 'ended');

CREATE OR REPLACE TRIGGER moves_declared BEFORE UPDATE ON agreements
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_undeclared_move('agreement');
CREATE OR REPLACE TRIGGER moves_declared BEFORE UPDATE ON co_payments
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_undeclared_move('co_payment');
CREATE OR REPLACE TRIGGER moves_declared BEFORE UPDATE ON engagements
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_undeclared_move('engagement');
CREATE OR REPLACE TRIGGER moves_declared BEFORE UPDATE ON stages
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_undeclared_move('stage');
