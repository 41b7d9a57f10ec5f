"""From whatever a caller holds to one `ColumnSummary` a column; what is done with it is decided elsewhere."""

from __future__ import annotations

from warmfit.sources.protocol import RowChoice, Source
from warmfit.sources.recognize import open_source

__all__ = ["RowChoice", "Source", "open_source"]
