"""The pages of providers: the public directory, the firm's, the consultant's and the agency's."""

from marketplace.providers.views import agency, consultant, firm, public
from marketplace.providers.views.blueprint import blueprint

__all__ = ["agency", "blueprint", "consultant", "firm", "public"]
