"""The embedded engine, in a process that speaks to nobody: a line of bins in, the seconds of a fit with as many out."""

from __future__ import annotations

import sys
import time

from service_question import column, varied
from warmfit import DistributionFitter, LocalBackend, summarize


def main() -> None:
    fitter, summaries = DistributionFitter(backend=LocalBackend()), summarize(column(), ["value"])
    for line in sys.stdin:
        start = time.perf_counter()
        fitter.fit(summaries, config=varied(int(line)))
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
