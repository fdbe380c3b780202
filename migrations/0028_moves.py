"""Every move of a thing with money is known to the database, which refuses any other one."""

from alembic import op

revision = "0028"
down_revision = "0027"

# By lifecycle: its table, and its moves as "event source target".
MOVES = {
    "voucher": (
        "vouchers",
        """
        suspend issued suspended
        resume suspended issued
        exhaust issued exhausted
        refill exhausted issued
        extend issued issued
        expire issued expired
        expire suspended expired
        surrender issued surrendered
        revoke issued revoked
        revoke suspended revoked
        """,
    ),
    "application": (
        "applications",
        """
        submit draft submitted
        review submitted in_review
        accept submitted accepted
        accept in_review accepted
        allocate accepted allocated
        allocate offered allocated
        wait accepted waitlisted
        offer waitlisted offered
        refuse in_review refused
        refuse accepted refused
        refuse waitlisted refused
        lapse offered refused
        decline offered withdrawn
        withdraw draft withdrawn
        withdraw submitted withdrawn
        withdraw in_review withdrawn
        withdraw accepted withdrawn
        withdraw waitlisted withdrawn
        """,
    ),
    "agreement": (
        "agreements",
        """
        sign drafted signed
        redeem signed redeemed
        cancel drafted cancelled
        cancel signed cancelled
        lapse redeemed cancelled
        """,
    ),
    "co_payment": (
        "co_payments",
        """
        pay awaited paid
        lapse awaited lapsed
        """,
    ),
    "engagement": (
        "engagements",
        """
        start awaiting_co_payment active
        finish active finished
        lapse awaiting_co_payment lapsed
        terminate active terminated
        """,
    ),
    "stage": (
        "stages",
        """
        open waiting open
        deliver open delivered
        correct delivered open
        accept delivered accepted
        end waiting ended
        end open ended
        end delivered ended
        """,
    ),
    "claim": (
        "claims",
        """
        check submitted checked
        return submitted returned
        return checked returned
        resubmit returned submitted
        withdraw submitted withdrawn
        withdraw returned withdrawn
        pass submitted approved
        approve checked approved
        approve_first checked first_approved
        countersign first_approved approved
        reconsider first_approved checked
        refuse submitted refused
        refuse checked refused
        batch approved batched
        unbatch batched approved
        pay batched paid
        bounce batched approved
        bounce paid approved
        """,
    ),
    "hold": (
        "holds",
        """
        end active ended
        lift active lifted
        """,
    ),
    "refund": (
        "refunds",
        """
        batch awaiting batched
        unbatch batched awaiting
        pay batched paid
        bounce batched awaiting
        bounce paid awaiting
        """,
    ),
    "payment_batch": (
        "payment_batches",
        """
        send prepared sent
        settle sent settled
        dissolve prepared dissolved
        """,
    ),
    "payment_line": (
        "payment_lines",
        """
        pay pending paid
        return pending returned
        return paid returned
        remove pending removed
        """,
    ),
    "deduction": (
        "deductions",
        """
        take agreed taken
        cancel agreed cancelled
        """,
    ),
    "receivable": (
        "receivables",
        """
        confirm proposed open
        drop proposed dropped
        settle open settled
        write_off open written_off
        """,
    ),
    "instalment": (
        "instalments",
        """
        invoice scheduled invoiced
        pay scheduled paid
        pay invoiced paid
        replace scheduled replaced
        replace invoiced replaced
        write_off scheduled written_off
        write_off invoiced written_off
        """,
    ),
    "write_off": (
        "write_offs",
        """
        sign proposed signed
        refuse proposed refused
        """,
    ),
    "call": (
        "calls",
        """
        publish draft published
        pause published paused
        resume paused published
        close published closed
        close paused closed
        wind_down published winding_down
        wind_down paused winding_down
        wind_down closed winding_down
        wind_up winding_down wound_up
        """,
    ),
    "budget_line": (
        "budget_lines",
        """
        appropriate proposed appropriated
        """,
    ),
}

GUARD = """
CREATE FUNCTION refuse_undeclared_move() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    IF NOT EXISTS (SELECT FROM lifecycle_moves
                    WHERE lifecycle = TG_ARGV[0] AND source = OLD.status AND target = NEW.status) THEN
        RAISE EXCEPTION 'a % doesn''t go from % to %', TG_ARGV[0], OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lifecycle_moves';
    END IF;
    RETURN NEW;
END
$$
"""


def upgrade() -> None:
    """Write the moves down, and put the guard on each table."""
    op.execute(GUARD)
    for lifecycle, (table, moves) in MOVES.items():
        rows = (", ".join(f"'{word}'" for word in (lifecycle, *move.split())) for move in moves.strip().splitlines())
        # Two moves were written down before, for the functions of the database that make them.
        op.execute(f"INSERT INTO lifecycle_moves VALUES ({'), ('.join(rows)}) ON CONFLICT DO NOTHING")
        op.execute(
            f"CREATE TRIGGER moves_declared BEFORE UPDATE ON {table} FOR EACH ROW"
            f" WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION refuse_undeclared_move('{lifecycle}')"
        )


def downgrade() -> None:
    """Take the guards back, and the moves that no function of the database makes."""
    for table, _moves in MOVES.values():
        op.execute(f"DROP TRIGGER moves_declared ON {table}")
    op.execute("DROP FUNCTION refuse_undeclared_move()")
    kept = "('voucher', 'exhaust'), ('agreement', 'redeem')"
    op.execute(f"DELETE FROM lifecycle_moves WHERE (lifecycle, event) NOT IN ({kept})")
