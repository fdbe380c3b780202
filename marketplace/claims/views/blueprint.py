"""The blueprint of claims, payment batches, bank files and holds."""

from flask import Blueprint

blueprint = Blueprint("claims", __name__)
