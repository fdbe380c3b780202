"""The pages of jobs: the company's, the bidder's and the public clarification between them."""

from marketplace.jobs.views import award, bidder, lists, public, sme
from marketplace.jobs.views.blueprint import blueprint

__all__ = ["award", "bidder", "blueprint", "lists", "public", "sme"]
