"""The blueprint of certificates."""

from flask import Blueprint

from marketplace.certificates.models import Certificate
from marketplace.core import seen

blueprint = Blueprint("certificates", __name__)

seen.declare(
    blueprint,
    rows={"certificate_id": Certificate},
    nothing={"new_certificate": "enters a certificate", "new_list": "takes in a file"},
)
