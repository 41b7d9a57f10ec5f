"""What a service keeps of summaries counts with all its bytes, those of incomplete rows included."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
from tests.server.conftest import FitsHere

from warmfit_fitting.summary import ColumnSummary, summarize_intervals
from warmfit_server.service import Service
from warmfit_server.settings import Settings
from warmfit_server.tokens import Tokens


def pairs(seed: int) -> ColumnSummary:
    rng = np.random.default_rng(seed)
    start = rng.gamma(2.0, 5.0, 3_000)
    return summarize_intervals(start, start + rng.gamma(2.0, 1.0, 3_000))


def test_summaries_of_intervals_leave_when_their_bytes_run_out(tmp_path: Path) -> None:
    columns = [pairs(seed) for seed in range(4)]
    settings = Settings(data_dir=tmp_path, summary_cache_bytes=2 * len(columns[0].to_bytes()) + 1_500)
    service, caller = Service(settings, FitsHere()), Tokens(None, None, "default").caller(None)
    for summary in columns:
        asyncio.run(service.register(caller, "", {"x": summary}, overwrite=False))
    held = service.caches["summaries"]
    # Two fit, as their encodings say.
    assert [held.get(("default", s.fingerprint)) is not None for s in columns] == [False, False, True, True]
