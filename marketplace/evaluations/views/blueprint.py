"""The blueprint that the pages of evaluations hang on."""

from flask import Blueprint

from marketplace.core import seen
from marketplace.evaluations.models import Evaluation

blueprint = Blueprint("evaluations", __name__)

seen.declare(blueprint, rows={"evaluation_id": Evaluation}, nothing={})
