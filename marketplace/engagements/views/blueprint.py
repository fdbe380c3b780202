"""The blueprint of agreements and engagements."""

from flask import Blueprint

blueprint = Blueprint("engagements", __name__)
