"""The warnings there are; none of them means that something went wrong in the program.

    WarmfitWarning          also a UserWarning
    ├── TruncationNotice    bounds were asked for and not given
    ├── PoorFitWarning      the best family does not describe the data well
    ├── HeavyTailWarning    moments of a column may be infinite
    └── RepairWarning       a matrix of correlations was not positive definite, and is now

Each is issued once for a column in one call, by the thread that made the call, and names the caller's own line.
`warnings.filterwarnings("ignore", category=...)` silences one of them or, with the first, all.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

_PACKAGE = str(Path(__file__).parent)


class WarmfitWarning(UserWarning):
    """The root of the warnings."""


class TruncationNotice(WarmfitWarning):
    """Bounds were asked for and not given, so that the observed extremes stand for them."""


class PoorFitWarning(WarmfitWarning):
    """The best family does not describe the data well."""


class HeavyTailWarning(WarmfitWarning):
    """A column has a tail so heavy that its moments may be infinite."""


class RepairWarning(WarmfitWarning):
    """An estimated correlation matrix was not positive definite, and was replaced by the nearest one that is."""


def warn(message: str, category: type[WarmfitWarning]) -> None:
    """Warn at the line outside this package from which it was called, however deep inside it this is."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
