"""What is made with the secret keys: signatures, keyed hashes, ciphers. The newest makes them, all are believed."""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, MultiFernet
from flask import Flask, current_app
from itsdangerous import URLSafeSerializer


def configure(app: Flask, keys: Sequence[str]) -> None:
    """Give the application its keys, the newest first; Flask's sessions and the tokens of forms go by them too."""
    newest, *older = keys or [""]
    app.config.update(SECRET_KEY=newest, SECRET_KEY_FALLBACKS=older, WTF_CSRF_SECRET_KEY=[*reversed(keys)])


def known() -> list[str]:
    """The keys of this application, the newest first."""
    return [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]


def signer(salt: str, *keys: str) -> URLSafeSerializer:
    """Signs texts that nobody else can make, for one purpose; with these keys alone if any are given."""
    return URLSafeSerializer([*reversed(keys or known())], salt=salt)


def keyed_hash(text: str, key: str | None = None) -> str:
    """A hash by which equal texts are known, and from which nobody without our key can guess the text."""
    return hmac.new((key or known()[0]).encode(), text.encode(), hashlib.sha256).hexdigest()


def is_hash_of(kept: str, text: str) -> bool:
    """Whether the hash was made of this text, with whichever of our keys."""
    return any(hmac.compare_digest(kept, keyed_hash(text, key)) for key in known())


def cipher(purpose: str) -> MultiFernet:
    """Hides texts from whoever has the database alone, for one purpose."""
    digests = [hashlib.sha256(f"{purpose}{key}".encode()).digest() for key in known()]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
