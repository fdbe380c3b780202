"""The pages of accounts, by who reads them."""

from marketplace.accounts.views import agency, audit, company, door, downloads, person, proof, roles
from marketplace.accounts.views.blueprint import blueprint

__all__ = ["agency", "audit", "blueprint", "company", "door", "downloads", "person", "proof", "roles"]
