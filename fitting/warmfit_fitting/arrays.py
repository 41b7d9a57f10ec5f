"""The array types that the engine's signatures speak of."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
UintArray: TypeAlias = NDArray[np.uint64]
AnyArray: TypeAlias = NDArray[Any]
