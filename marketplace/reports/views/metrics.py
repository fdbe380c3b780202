"""The page that Prometheus reads, for whoever knows its token; for everybody else there is none."""

import hmac

from flask import Response, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST

from config.settings import Settings
from marketplace.core import files, metrics
from marketplace.core.auth import public
from marketplace.core.errors import NotFound
from marketplace.reports.metrics import State
from marketplace.reports.views import blueprint


@blueprint.get("/metrics")
@public
def metrics_page() -> Response:
    """What is counted and what waits."""
    settings: Settings = current_app.config["SETTINGS"]
    given = request.authorization.token if request.authorization else None
    if not settings.metrics_token or not hmac.compare_digest(settings.metrics_token.encode(), (given or "").encode()):
        raise NotFound()
    return Response(metrics.page(State(files.root())), content_type=CONTENT_TYPE_LATEST)
