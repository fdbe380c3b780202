"""Copies the few files we use out of the npm packages named in packages.toml, after checking their checksums."""

import fnmatch
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FONTS = ROOT / "static/vendor/pretendard-gov"


def fetch(package: dict[str, Any], folder: Path) -> Path:
    """Return the unpacked package; stop when its checksum is not the one written down."""
    name = f"{package['name']}@{package['version']}"
    subprocess.run(
        ["npm", "pack", "--silent", "--pack-destination", folder, name], check=True, stdout=subprocess.DEVNULL
    )
    archive = folder / f"{package['name']}-{package['version']}.tgz"
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != package["sha256"]:
        sys.exit(f"{name}: sha256 is {digest}, packages.toml says {package['sha256']}; nothing was copied")
    with tarfile.open(archive) as tar:
        tar.extractall(folder / package["name"], filter="data")
    return folder / str(package["name"]) / "package"


def copy(package: dict[str, Any], source: Path) -> int:
    """Copy the files that the package's globs name and leave_out does not; return how many."""
    count = 0
    for pattern, folder in package["files"].items():
        target = ROOT / package["into"] / folder
        target.mkdir(parents=True, exist_ok=True)
        for path in sorted(source.glob(pattern)):
            if not any(fnmatch.fnmatch(path.name, unwanted) for unwanted in package["leave_out"]):
                shutil.copyfile(path, target / path.name)
                count += 1
    return count


def declare_fonts() -> None:
    """Write our own @font-face rules: the family name KRDS asks for, files from our own static folder."""
    css = FONTS / "pretendardvariable-gov-dynamic-subset.css"
    text = css.read_text().replace("'Pretendard GOV Variable'", "'Pretendard GOV'")
    text = re.sub(
        r"url\(\./woff2-dynamic-subset/([^)]+)\) format\('woff2-variations'\)", r"url('woff2/\1') format('woff2')", text
    )
    (FONTS / "pretendard-gov.css").write_text(text)
    css.unlink()


def main() -> None:
    """Fetch, check and copy every package."""
    packages = tomllib.loads((Path(__file__).parent / "packages.toml").read_text())["package"]
    with tempfile.TemporaryDirectory() as folder:
        for package in packages:
            count = copy(package, fetch(package, Path(folder)))
            print(f"{package['name']} {package['version']}: {count} files into {package['into']}")
    declare_fonts()


if __name__ == "__main__":
    main()
