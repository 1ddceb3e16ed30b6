"""The vendored files are the ones that were reviewed, licences included."""

import importlib.util
import json
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)


@pytest.fixture
def vendor(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("vendor_assets", ROOT / "scripts" / "vendor_assets.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_vendored_files_match_the_manifest(vendor):
    assert vendor.differences() == []


def test_a_changed_and_a_missing_file_are_named(vendor, tmp_path, monkeypatch):
    (tmp_path / "kept.js").write_text("changed")
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"files": {"kept.js": "0" * 64, "gone.js": "0" * 64}}))
    monkeypatch.setattr(vendor, "VENDOR", tmp_path)
    monkeypatch.setattr(vendor, "MANIFEST", manifest)
    assert vendor.differences() == ["gone.js", "kept.js"]


def test_every_vendored_package_keeps_its_licence(vendor):
    folders = [path for path in vendor.VENDOR.iterdir() if path.is_dir()]
    assert folders
    assert all(list(folder.glob("LICENSE*")) for folder in folders)


def test_no_vendored_file_points_at_a_source_map(vendor):
    scripts = [path for path in vendor.VENDOR.rglob("*") if path.suffix in {".css", ".js"}]
    assert scripts
    assert not any(b"sourceMappingURL" in path.read_bytes() for path in scripts)
