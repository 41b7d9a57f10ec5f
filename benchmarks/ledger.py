"""Ledgers: what a benchmark measured, as a Markdown page that says when, and with which versions."""

from __future__ import annotations

import datetime
import os
import platform
import re
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def section(heading: str, *parts: str) -> str:
    """A heading and paragraphs or tables below it."""
    return "\n\n".join([f"## {heading}", *parts])


def write(name: str, title: str, *sections: str) -> None:
    """Write docs/`name`; the page says what wrote it. What other programs have put there stays, below."""
    page = "\n\n".join([f"# {title}", _circumstances(), *sections, *_put(name).values()])
    _write(name, page)


def put(name: str, key: str, *sections: str) -> None:
    """Put sections of their own into docs/`name`, between marks with `key`, in place of those that are there."""
    block = "\n\n".join([f"<!-- {key} -->", *sections, _circumstances(), f"<!-- end of {key} -->"])
    page = (DOCS / name).read_text(encoding="utf-8").rstrip()
    before = _put(name).get(key)
    _write(name, page.replace(before, block) if before else f"{page}\n\n{block}")


def _put(name: str) -> dict[str, str]:
    """The blocks that `put` has left in docs/`name`, by their keys."""
    page = (DOCS / name).read_text(encoding="utf-8") if (DOCS / name).exists() else ""
    found = re.finditer(r"<!-- (\S+) -->.*?<!-- end of \1 -->", page, re.DOTALL)
    return {match[1]: match[0] for match in found}


def _write(name: str, page: str) -> None:
    (DOCS / name).write_text(page + "\n", encoding="utf-8")
    print(f"wrote docs/{name}")


def _circumstances() -> str:
    versions = [f"{name} {metadata.version(name)}" for name in ("numpy", "scipy", "pandas")]
    return (
        f"Measured on {datetime.date.today().isoformat()}: Python {platform.python_version()}, {', '.join(versions)}, "
        f"{platform.system()} on {platform.machine()}, {os.cpu_count()} processors."
    )
