"""The ledger's side of a claim: committed → payable → paid, the co-payment's part together with the public part."""

from marketplace.claims.models import Claim, PaymentLine
from marketplace.core import db
from marketplace.core.actors import Actor
from marketplace.core.money import split
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger import service as ledger
from marketplace.ledger.models import Account


def make_payable(claim: Claim, *, actor: Actor) -> None:
    """Move the claim's aid from committed to payable on every budget line, and the co-payment's part with it."""
    agreement_id = claim.engagement.agreement_id
    if claim.aid:
        committed = ledger_queries.balances_by_owner(agreement_id, "committed")
        # Weighing by what is left keeps every part within its line, and the last claim empties all of them.
        for line_id, part in zip(committed, split(claim.aid, list(committed.values())), strict=True):
            if part:
                payable = ledger.open_account(
                    f"payable:{claim.id}:{line_id}",
                    stage="payable",
                    owner=("claim", claim.id),
                    currency=claim.currency,
                    budget_line_id=line_id,
                )
                source = f"committed:{agreement_id}:{line_id}"
                _move(source, payable, part, "approve", claim, actor, f"{claim.id}:approve:{line_id}")
    if claim.co_payment:
        payable = ledger.open_account(
            f"co_payment_payable:{claim.id}",
            stage="co_payment_payable",
            owner=("claim", claim.id),
            currency=claim.currency,
        )
        source = f"co_payment:{agreement_id}"
        _move(source, payable, claim.co_payment, "approve", claim, actor, f"{claim.id}:approve:co_payment")


def pay(line: PaymentLine, *, actor: Actor) -> None:
    """Move all that is payable for the line's claim to paid."""
    claim = line.claim
    for budget_line, amount in ledger_queries.balances_by_owner(claim.id, "payable").items():
        if amount:
            paid = ledger.open_account(
                f"paid:{budget_line}",
                stage="paid",
                owner=("budget_line", budget_line),
                currency=claim.currency,
                budget_line_id=budget_line,
            )
            _move(
                f"payable:{claim.id}:{budget_line}", paid, amount, "pay", claim, actor, f"{line.id}:pay:{budget_line}"
            )
    if claim.co_payment:
        paid = ledger.open_account(
            f"co_payment_paid:{claim.currency}",
            stage="co_payment_paid",
            owner=("agency", None),
            currency=claim.currency,
        )
        source = f"co_payment_payable:{claim.id}"
        _move(source, paid, claim.co_payment, "pay", claim, actor, f"{line.id}:pay:co_payment")


def take_back(line: PaymentLine, *, actor: Actor) -> None:
    """Undo the line's payment, which the bank sent back: every transfer of it in the other direction."""
    for transfer in ledger_queries.transfers_of(line.claim.id):
        if transfer.key.startswith(f"{line.id}:pay:"):
            paid, payable = (db.get(Account, key) for key in (transfer.credit_account_id, transfer.debit_account_id))
            _move(paid.code, payable.code, transfer.amount, "bounce", line.claim, actor, f"{transfer.key}:bounce")


def _move(debit: str, credit: str, amount: int, kind: str, claim: Claim, actor: Actor, key: str) -> None:
    ledger.transfer(debit, credit, amount, kind=kind, actor=actor, reference=claim.number, key=key)
