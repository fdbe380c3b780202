-- The moves that the area's money makes; a test compares them with states.py. Every other one is refused.
DELETE FROM lifecycle_moves WHERE lifecycle IN
    ('claim', 'deduction', 'hold', 'payment_batch', 'payment_line', 'refund');
INSERT INTO lifecycle_moves (lifecycle, event, source, target) VALUES
    ('claim', 'check', 'submitted', 'checked'),
    ('claim', 'return', 'submitted', 'returned'),
    ('claim', 'return', 'checked', 'returned'),
    ('claim', 'resubmit', 'returned', 'submitted'),
    ('claim', 'withdraw', 'submitted', 'withdrawn'),
    ('claim', 'withdraw', 'returned', 'withdrawn'),
    ('claim', 'pass', 'submitted', 'approved'),
    ('claim', 'approve', 'checked', 'approved'),
    ('claim', 'approve_first', 'checked', 'first_approved'),
    ('claim', 'countersign', 'first_approved', 'approved'),
    ('claim', 'reconsider', 'first_approved', 'checked'),
    ('claim', 'refuse', 'submitted', 'refused'),
    ('claim', 'refuse', 'checked', 'refused'),
    ('claim', 'batch', 'approved', 'batched'),
    ('claim', 'unbatch', 'batched', 'approved'),
    ('claim', 'pay', 'batched', 'paid'),
    ('claim', 'bounce', 'batched', 'approved'),
    ('claim', 'bounce', 'paid', 'approved'),
    ('deduction', 'take', 'agreed', 'taken'),
    ('deduction', 'cancel', 'agreed', 'cancelled'),
    ('hold', 'end', 'active', 'ended'),
    ('hold', 'lift', 'active', 'lifted'),
    ('payment_batch', 'send', 'prepared', 'sent'),
    ('payment_batch', 'settle', 'sent', 'settled'),
    ('payment_batch', 'dissolve', 'prepared', 'dissolved'),
    ('payment_line', 'pay', 'pending', 'paid'),
    ('payment_line', 'return', 'pending', 'returned'),
    ('payment_line', 'return', 'paid', 'returned'),
    ('payment_line', 'remove', 'pending', 'removed'),
    ('refund', 'batch', 'awaiting', 'batched'),
    ('refund', 'unbatch', 'batched', 'awaiting'),
    ('refund', 'pay', 'batched', 'paid'),
    ('refund', 'bounce', 'batched', 'awaiting'),
    ('refund', 'bounce', 'paid', 'awaiting');

CREATE OR REPLACE TRIGGER moves_declared BEFORE UPDATE ON claims
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_undeclared_move('claim');
CREATE OR REPLACE TRIGGER moves_declared BEFORE UPDATE ON deductions
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_undeclared_move('deduction');
CREATE OR REPLACE TRIGGER moves_declared BEFORE UPDATE ON holds
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_undeclared_move('hold');
CREATE OR REPLACE TRIGGER moves_declared BEFORE UPDATE ON payment_batches
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION refuse_undeclared_move('payment_batch');
CREATE OR REPLACE TRIGGER moves_declared BEFORE UPDATE ON payment_lines
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_undeclared_move('payment_line');
CREATE OR REPLACE TRIGGER moves_declared BEFORE UPDATE ON refunds
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_undeclared_move('refund');
