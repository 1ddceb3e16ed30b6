"""Fetch the front-end packages we ship and write them to static/vendor with their licences and hashes.

    python scripts/vendor_assets.py            fetch with `npm pack` and rewrite static/vendor
    python scripts/vendor_assets.py --check    only compare the files with the manifest

Nothing is built: files are copied as published, minus the trailing source-map comment, which would
otherwise point the static-file manifest at files we do not ship. Icons are packed into two sprites.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"

PACKAGES = {
    "bootstrap@5.3.9": {
        "dist/css/bootstrap.min.css": "bootstrap/bootstrap.min.css",
        "dist/js/bootstrap.bundle.min.js": "bootstrap/bootstrap.bundle.min.js",
        "LICENSE": "bootstrap/LICENSE",
    },
    "chart.js@4.6.1": {
        "dist/chart.umd.min.js": "chartjs/chart.umd.min.js",
        "LICENSE.md": "chartjs/LICENSE.md",
    },
    "@fontsource-variable/inter@5.3.0": {
        "files/inter-latin-wght-normal.woff2": "inter/inter-latin.woff2",
        "LICENSE": "inter/LICENSE",
    },
    "bootstrap-icons@1.13.2": {"LICENSE": "icons/LICENSE"},
}
ICON_PACKAGE = "bootstrap-icons@1.13.2"
ICONS = Path(__file__).with_name("icons.txt")
SOURCE_MAP = re.compile(rb"\n?(//#|/\*#) ?sourceMappingURL=.*?(\*/)?\s*$")


def fetch(package: str, into: Path) -> Path:
    """Unpack one published package and return its root folder."""
    packed = subprocess.run(  # noqa: S603 - fixed words, no shell
        ["npm", "pack", package, "--silent"],  # noqa: S607 - npm is found on PATH by intent
        cwd=into,
        check=True,
        capture_output=True,
        text=True,
    )
    archive = into / packed.stdout.strip().splitlines()[-1]
    target = into / archive.stem
    with tarfile.open(archive) as tar:
        tar.extractall(target, filter="data")
    return target / "package"


def copy_files(root: Path, files: dict[str, str]) -> None:
    for source, destination in files.items():
        path = VENDOR / destination
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(SOURCE_MAP.sub(b"\n", (root / source).read_bytes()))


def icon_sets() -> dict[str, list[str]]:
    """Icon names by sprite: `core` is small enough for a phone's first view, `more` is for staff pages."""
    sets: dict[str, list[str]] = {}
    for line in ICONS.read_text().splitlines():
        sprite, *names = line.split()
        sets.setdefault(sprite, []).extend(names)
    return sets


def write_sprites(root: Path) -> None:
    for sprite, names in icon_sets().items():
        symbols = [symbol(name, (root / "icons" / f"{name}.svg").read_text()) for name in names]
        text = '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"
        (VENDOR / "icons" / f"{sprite}.svg").write_text(text)


def symbol(name: str, svg: str) -> str:
    paths = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
    body = " ".join(paths.group(1).split()) if paths else ""
    return f'<symbol id="{name}" viewBox="0 0 16 16">{body}</symbol>'


def hashes() -> dict[str, str]:
    files = sorted(path for path in VENDOR.rglob("*") if path.is_file() and path != MANIFEST)
    return {str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def differences() -> list[str]:
    """Names of the vendored files that are missing, extra or not what the manifest recorded."""
    recorded = json.loads(MANIFEST.read_text())["files"]
    found = hashes()
    return sorted(name for name in recorded.keys() | found.keys() if recorded.get(name) != found.get(name))


def refresh() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for package, files in PACKAGES.items():
            root = fetch(package, Path(folder))
            copy_files(root, files)
            if package == ICON_PACKAGE:
                write_sprites(root)
    record = {"packages": sorted(PACKAGES), "files": hashes()}
    MANIFEST.write_text(json.dumps(record, indent=2, sort_keys=True) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        refresh()
    changed = differences()
    for name in changed:
        sys.stderr.write(f"differs from the manifest: {name}\n")
    return 1 if changed else 0


if __name__ == "__main__":
    raise SystemExit(main())
