"""The blueprint that the pages of evaluations hang on."""

from flask import Blueprint

blueprint = Blueprint("evaluations", __name__)
