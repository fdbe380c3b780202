"""The smallest page that Flask can serve: what every page of the product is held against."""

from flask import Flask


def create_app() -> Flask:
    """An application of one page that says hello."""
    app = Flask(__name__)

    @app.get("/")
    def hello() -> str:
        return "<p>Hello, World!</p>"

    return app
