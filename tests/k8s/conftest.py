"""The overlays as `kubectl kustomize` renders them, once a run."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def rendered(overlay: str) -> str:
    """The manifests of an overlay as one text."""
    folder = ROOT / "k8s" / "overlays" / overlay
    return subprocess.run(["kubectl", "kustomize", folder], check=True, capture_output=True, text=True).stdout
