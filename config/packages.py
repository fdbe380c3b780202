"""Whether what is installed is what the lock names, file by file; asks no network. `python -m config.packages`."""

import base64
import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from config.settings import ROOT

OWN = "consulting-voucher-marketplace"


def locked(lock: str) -> dict[str, str]:
    """The version of each package that this Python needs; ValueError for one without the hashes of its archives."""
    versions: dict[str, str] = {}
    for entry in lock.replace("\\\n", " ").splitlines():
        named, *hashes = entry.split("--hash=")
        if not named.strip() or named.startswith("#"):
            continue
        requirement = Requirement(named)
        if not hashes or not all(re.fullmatch(r"sha256:[0-9a-f]{64}\s*", one) for one in hashes):
            raise ValueError(f"{requirement.name} has no hashes in the lock. Run `make lock`.")
        if requirement.marker is None or requirement.marker.evaluate():
            (version,) = requirement.specifier
            versions[canonicalize_name(requirement.name)] = version.version
    return versions


def faults(versions: dict[str, str], installed: Iterable[Distribution]) -> Iterator[str]:
    """What is missing, too much, of another version or changed since it was installed."""
    missing = dict(versions)
    for package in installed:
        name = canonicalize_name(package.name)
        if name == OWN:
            continue
        if missing.pop(name, None) is None:
            yield f"{name} is installed, and the lock doesn't name it"
        elif package.version != versions[name]:
            yield f"{name} is installed as {package.version}, and the lock names {versions[name]}"
        yield from (f"{name}: {file} isn't what came with the package" for file in changed_files(package))
    yield from (f"{name} is in the lock, and isn't installed" for name in missing)


def changed_files(package: Distribution) -> Iterator[str]:
    """Files of the package that are gone, or whose content isn't what its list of files says."""
    for file in package.files or []:
        if file.hash is None:
            continue
        place = Path(str(file.locate()))
        content = place.read_bytes() if place.exists() else b""
        digest = hashlib.new(file.hash.mode, content).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != file.hash.value:
            yield str(file)


def main() -> None:
    """Say what is wrong; exits with 1 then."""
    lines = list(faults(locked((ROOT / "requirements.lock").read_text()), distributions()))
    print("\n".join(lines) or "Everything installed is what the lock names.")
    sys.exit(1 if lines else 0)


if __name__ == "__main__":
    main()
