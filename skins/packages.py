"""npm packages, pinned by version and content, for the builds of static/ (running Livery needs none of them)."""

import base64
import hashlib
import io
import subprocess
import tarfile
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINNED = tomllib.loads((ROOT / "skins" / "vendor.toml").read_text())["package"]
KEPT = ROOT / "skins" / "node_modules"
"""Where `folder` keeps what it unpacked (git ignores it); node finds packages there by their names."""


def _archive(name: str) -> bytes:
    pinned = PINNED[name]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["npm", "pack", "--silent", f"{name}@{pinned['version']}"],
            cwd=folder, check=True, capture_output=True, text=True,
        )  # fmt: skip
        data = (Path(folder) / done.stdout.strip().splitlines()[-1]).read_bytes()
    found = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    if found != pinned["integrity"]:
        raise SystemExit(f"{name} {pinned['version']} is not what was pinned: {found}")
    return data


def fetch(name: str) -> dict[str, bytes]:
    """The files of a pinned npm package, checked against its integrity hash."""
    with tarfile.open(fileobj=io.BytesIO(_archive(name))) as archive:
        return {
            member.name.removeprefix("package/"): archive.extractfile(member).read()
            for member in archive
            if member.isfile()
        }


def folder(name: str) -> Path:
    """The unpacked package; fetched once and again when its pin changes."""
    target, pin = KEPT / name, PINNED[name]["integrity"]
    mark = target / ".pinned"
    if not mark.exists() or mark.read_text() != pin:
        for path, data in fetch(name).items():
            place = (target / path).resolve()
            if not place.is_relative_to(target.resolve()):
                raise SystemExit(f"{name} wants to write outside its folder: {path}")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        mark.write_text(pin)
    return target
