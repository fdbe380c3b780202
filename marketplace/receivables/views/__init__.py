"""Pages of what is owed to the agency."""

from marketplace.receivables.views import lists, officers, papers, reversals, write_offs
from marketplace.receivables.views.blueprint import blueprint

__all__ = ["blueprint", "lists", "officers", "papers", "reversals", "write_offs"]
