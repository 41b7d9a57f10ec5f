"""What a service keeps of summaries counts with all its bytes, those of incomplete rows included."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

KEPT = """
import asyncio, sys
from pathlib import Path
import numpy as np
from warmfit_fitting.summary import summarize_intervals
from warmfit_server.service import Service
from warmfit_server.settings import Settings

def pairs(seed):
    rng = np.random.default_rng(seed)
    start = rng.gamma(2.0, 5.0, 3_000)
    return summarize_intervals(start, start + rng.gamma(2.0, 1.0, 3_000))

columns = [pairs(seed) for seed in range(4)]
settings = Settings(data_dir=Path(sys.argv[1]), summary_cache_bytes=2 * len(columns[0].to_bytes()) + 1_500)
service = Service(settings, None)
for summary in columns:
    asyncio.run(service.register("", {"x": summary}, overwrite=False))
print([service._summaries.get((settings.namespace, s.fingerprint)) is not None for s in columns])
"""


def test_summaries_of_intervals_leave_when_their_bytes_run_out(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KEPT, str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    assert said.strip() == "[False, False, True, True]"  # two fit, as their encodings say
