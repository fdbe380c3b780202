"""Columns that the database keeps without being able to read them: the service alone has the key."""

import base64
import hashlib
import json
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy import Dialect, TypeDecorator
from sqlalchemy.dialects.postgresql import BYTEA

_cipher: MultiFernet | None = None


def configure(sealing_key: str) -> None:
    """Set the keys, with commas between them: the first seals, all unseal."""
    global _cipher
    digests = [hashlib.sha256(key.strip().encode()).digest() for key in sealing_key.split(",")]
    _cipher = MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def cipher() -> MultiFernet:
    """What seals and unseals."""
    if _cipher is None:
        raise RuntimeError("sealed columns before create_app: there is no key yet")
    return _cipher


class Sealed(TypeDecorator[Any]):
    """Plain data (what JSON keeps), encrypted and authenticated on its way to the database.

    A row doesn't show where it comes from: what is sealed names its row itself, and its reader compares.
    """

    impl = BYTEA
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else cipher().encrypt(json.dumps(value, ensure_ascii=False).encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(cipher().decrypt(value))
