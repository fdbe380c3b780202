-- The moves that the area's money makes; a test compares them with states.py. Every other one is refused.
DELETE FROM lifecycle_moves WHERE lifecycle IN ('application', 'voucher');
INSERT INTO lifecycle_moves (lifecycle, event, source, target) VALUES
    ('application', 'submit', 'draft', 'submitted'),
    ('application', 'review', 'submitted', 'in_review'),
    ('application', 'accept', 'submitted', 'accepted'),
    ('application', 'accept', 'in_review', 'accepted'),
    ('application', 'allocate', 'accepted', 'allocated'),
    ('application', 'allocate', 'offered', 'allocated'),
    ('application', 'wait', 'accepted', 'waitlisted'),
    ('application', 'offer', 'accepted', 'offered'),
    ('application', 'offer', 'waitlisted', 'offered'),
    ('application', 'refuse', 'in_review', 'refused'),
    ('application', 'refuse', 'accepted', 'refused'),
    ('application', 'refuse', 'waitlisted', 'refused'),
    ('application', 'lapse', 'offered', 'refused'),
    ('application', 'decline', 'offered', 'withdrawn'),
    ('application', 'withdraw', 'draft', 'withdrawn'),
    ('application', 'withdraw', 'submitted', 'withdrawn'),
    ('application', 'withdraw', 'in_review', 'withdrawn'),
    ('application', 'withdraw', 'accepted', 'withdrawn'),
    ('application', 'withdraw', 'waitlisted', 'withdrawn'),
    ('voucher', 'exhaust', 'issued', 'exhausted'),
    ('voucher', 'suspend', 'issued', 'suspended'),
    ('voucher', 'resume', 'suspended', 'issued'),
    ('voucher', 'refill', 'exhausted', 'issued'),
    ('voucher', 'extend', 'issued', 'issued'),
    ('voucher', 'expire', 'issued', 'expired'),
    ('voucher', 'expire', 'suspended', 'expired'),
    ('voucher', 'surrender', 'issued', 'surrendered'),
    ('voucher', 'revoke', 'issued', 'revoked'),
    ('voucher', 'revoke', 'suspended', 'revoked');

CREATE OR REPLACE TRIGGER moves_declared BEFORE UPDATE ON applications
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_undeclared_move('application');
CREATE OR REPLACE TRIGGER moves_declared BEFORE UPDATE ON vouchers
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_undeclared_move('voucher');
