"""Pages of claims, payment batches, refunds, bank files and holds."""

from marketplace.claims.views import (
    ageing,
    batches,
    holds,
    imports,
    lists,
    officers,
    proposals,
    provider,
    refunds,
    unmatched,
)
from marketplace.claims.views.blueprint import blueprint

__all__ = [
    "ageing",
    "batches",
    "blueprint",
    "holds",
    "imports",
    "lists",
    "officers",
    "proposals",
    "provider",
    "refunds",
    "unmatched",
]
