"""The pages of verification."""

from marketplace.verification.views import agency, company, disputes
from marketplace.verification.views.blueprint import blueprint

__all__ = ["agency", "blueprint", "company", "disputes"]
