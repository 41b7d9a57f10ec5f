"""The pages of the site: every block of Python runs, top to bottom, and the site builds without a warning."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [DOCS / "quickstart.md", DOCS / "migration.md", *sorted((DOCS / "guide").glob("*.md"))]


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.ray
def test_the_readme_leads_from_a_csv_file_to_a_plot_and_to_a_fit_by_the_service(
    service: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    matplotlib.use("Agg")
    rng = np.random.default_rng(7)
    claims = {"region": rng.choice(["north", "south"], 500), "amount": rng.gamma(2.5, 300.0, 500)}
    pd.DataFrame(claims).to_csv(tmp_path / "claims.csv", index=False)
    monkeypatch.chdir(tmp_path)
    known: dict[str, Any] = {"__name__": "page"}
    code = blocks(ROOT / "README.md")
    assert any("127.0.0.1:9000" in block for block in code)
    for number, block in enumerate(code):
        there = block.replace("127.0.0.1:9000", service.address)
        exec(compile(there, f"README.md, block {number + 1}", "exec"), known)
    assert (tmp_path / "fit.png").stat().st_size > 10_000
    plt.close("all")


def test_what_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)", (ROOT / "README.md").read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    matplotlib.use("Agg")
    monkeypatch.chdir(tmp_path)
    known: dict[str, Any] = {"__name__": "page"}
    for number, block in enumerate(blocks(page)):
        exec(compile(block, f"{page.name}, block {number + 1}", "exec"), known)
    assert number >= 0
    plt.close("all")


def run_notebook(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the cells of a notebook, in their order, in this process."""
    matplotlib.use("Agg")
    monkeypatch.chdir(folder)
    known: dict[str, Any] = {"__name__": "page"}
    cells = json.loads((DOCS / "notebooks" / f"{name}.ipynb").read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert code
    for number, block in enumerate(code):
        exec(compile(block, f"{name}.ipynb, cell {number + 1}", "exec"), known)
    plt.close("all")


def test_the_notebook_of_this_process_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_notebook("local", tmp_path, monkeypatch)


@pytest.mark.spark
def test_the_notebook_of_spark_runs(spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_notebook("spark", tmp_path, monkeypatch)


@pytest.mark.ray
def test_the_notebook_of_ray_runs(ray_cluster: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logger = logging.getLogger("ray.data")
    monkeypatch.setattr(logger, "level", logger.level)
    run_notebook("ray", tmp_path, monkeypatch)


@pytest.mark.ray
def test_the_notebook_of_the_service_runs(service: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARMFIT_ADDRESS", service.address)
    run_notebook("service", tmp_path, monkeypatch)


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", DOCS, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = {path.relative_to(tmp_path).with_suffix("").as_posix() for path in tmp_path.rglob("*.html")}
    expected = {
        "quickstart",
        "guide/fit",
        "reference",
        "service/run",
        "service/secure",
        "service/watch",
        "kubernetes",
        "commands",
        "notebooks/spark",
    }
    assert expected <= pages


def test_every_public_name_is_in_the_reference() -> None:
    import warmfit
    from warmfit_fitting import errors

    told = (DOCS / "reference.rst").read_text()
    errors_told = set(dir(errors)) if "automodule:: warmfit_fitting.errors" in told else set()
    notices = {name for name in warmfit.__all__ if name.endswith(("Warning", "Notice"))}
    left = set(warmfit.__all__) - errors_told - notices
    left = {name for name in left if not name.startswith("DEFAULT_") and f"warmfit.{name}\n" not in told}
    assert left <= {"__version__", "aio", "EagerFitResults", "LazyFitResults", "FitResults", "ProgressCallback"}
