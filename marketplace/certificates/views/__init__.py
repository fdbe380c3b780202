"""Pages of certificates."""

from marketplace.certificates.views import agency, company
from marketplace.certificates.views.blueprint import blueprint

__all__ = ["agency", "blueprint", "company"]
