"""The pages of the site: every block of Python runs, top to bottom, and the site builds without a warning."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib
import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGES = [DOCS / "quickstart.md", DOCS / "migration.md", *sorted((DOCS / "guide").glob("*.md"))]


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    monkeypatch.chdir(tmp_path)
    known: dict[str, Any] = {"__name__": "page"}
    for number, block in enumerate(blocks(page)):
        exec(compile(block, f"{page.name}, block {number + 1}", "exec"), known)
    assert number >= 0
    plt.close("all")


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", DOCS, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = {path.relative_to(tmp_path).with_suffix("").as_posix() for path in tmp_path.rglob("*.html")}
    assert {"quickstart", "guide/fit", "reference", "service", "kubernetes", "adr/README"} <= pages


def test_every_public_name_is_in_the_reference() -> None:
    import warmfit
    from warmfit_fitting import errors

    told = (DOCS / "reference.rst").read_text()
    errors_told = set(dir(errors)) if "automodule:: warmfit_fitting.errors" in told else set()
    notices = {name for name in warmfit.__all__ if name.endswith(("Warning", "Notice"))}
    left = set(warmfit.__all__) - errors_told - notices
    left = {name for name in left if not name.startswith("DEFAULT_") and f"warmfit.{name}\n" not in told}
    assert left <= {"__version__", "aio", "EagerFitResults", "LazyFitResults", "FitResults", "ProgressCallback"}
