"""From a column of any numeric type to float64, NaN where a value is missing; text is never taken for numbers.

Integers beyond 2⁵³ are rounded to the nearest float64. A float64 column without missing values is not copied.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from decimal import Decimal
from numbers import Complex, Real
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from warmfit.sources.refusals import not_numeric
from warmfit_fitting.arrays import AnyArray, FloatArray
from warmfit_fitting.errors import InvalidInput, UnsupportedType

MISSING = (type(None), type(pd.NA), type(pd.NaT), type(np.ma.masked))
_KINDS = {"M": "instant", "m": "duration", "U": "text", "S": "text", "T": "text", "c": "complex"}


def from_array(array: AnyArray) -> FloatArray:
    """The values of a NumPy array (N,), masked ones NaN; raises `UnsupportedType` for all but numbers."""
    if isinstance(array, np.ma.MaskedArray):
        return _from_masked(array)
    if array.dtype.kind in "fiub":
        with np.errstate(over="ignore"):  # a longdouble beyond float64 is infinite, and refused as such
            return array.astype(np.float64, copy=False)
    if array.dtype.kind == "O":
        return from_objects(array)
    raise not_numeric(array.dtype, array[0] if len(array) else "nothing", _KINDS.get(array.dtype.kind, "other"))


def _from_masked(array: np.ma.MaskedArray[tuple[int, ...], np.dtype[np.generic]]) -> FloatArray:
    known = ~np.ma.getmaskarray(array)
    if known.all():
        return from_array(array.data)
    values = np.full(len(array), np.nan)
    values[known] = from_array(array.data[known])
    return values


def from_objects(values: Sequence[object] | AnyArray) -> FloatArray:
    """The numbers in `values` (N,), NaN for None and pandas.NA; raises `UnsupportedType` for all else."""
    types = set(map(type, values))
    for kind in sorted(types, key=lambda t: t.__name__):
        if not (_is_number(kind) or issubclass(kind, MISSING)):
            raise _mixed(values, kind, types)
    missing = types & set(MISSING)
    given: Iterable[object] = (np.nan if type(v) in missing else v for v in values) if missing else values
    try:
        return np.fromiter(map(float, given), np.float64, count=len(values))  # type: ignore[arg-type]
    except (OverflowError, ValueError) as error:
        raise InvalidInput(f"a value cannot be held as float64 ({error}); give finite numbers below 1.8e308") from None


def _is_number(kind: type) -> bool:
    """Whether values of the type are real numbers; NumPy's timedelta64 is an integer by inheritance only."""
    return issubclass(kind, Real | Decimal | np.bool_) and not issubclass(kind, np.timedelta64)


def _mixed(values: Iterable[object], kind: type, types: set[type]) -> UnsupportedType:
    example = next(v for v in values if type(v) is kind)
    known = [t.__name__ for t in types if not issubclass(t, MISSING)]
    return not_numeric(f"object ({', '.join(sorted(known))})", example, _advice(kind))


def _advice(kind: type) -> str:
    if issubclass(kind, str | bytes):
        return "text"
    if issubclass(kind, datetime.timedelta | np.timedelta64):
        return "duration"
    if issubclass(kind, datetime.date | datetime.time | np.datetime64):
        return "instant"
    return "complex" if issubclass(kind, Complex) else "other"


_BY_CAST = (nw.Boolean, nw.Decimal, nw.Int128, nw.UInt128)  # NumPy holds none of these beside a null
_OPAQUE = (nw.Unknown, nw.Object)  # known to NumPy only, or to the objects themselves


def from_series(series: nw.Series[Any]) -> FloatArray:
    """The values of a pandas, polars or Arrow column (N,); raises `UnsupportedType` for all but numbers."""
    dtype = series.dtype
    if str(getattr(series.to_native(), "dtype", "")) == "object":
        return from_array(np.asarray(series.to_native(), dtype=object))
    if isinstance(dtype, _BY_CAST):
        return from_array(series.cast(nw.Float64).to_numpy())
    if dtype.is_numeric() or isinstance(dtype, _OPAQUE):
        return from_array(series.to_numpy())
    known = series.drop_nulls().head(1).to_list()
    raise not_numeric(_native_dtype(series), known[0] if known else "nothing", _series_advice(dtype))


def _native_dtype(series: nw.Series[Any]) -> object:
    native = series.to_native()
    return getattr(native, "dtype", None) or getattr(native, "type", series.dtype)


def _series_advice(dtype: nw.dtypes.DType) -> str:
    if isinstance(dtype, nw.Duration):
        return "duration"
    if dtype.is_temporal():
        return "instant"
    if isinstance(dtype, nw.Categorical | nw.Enum):
        return "category"
    return "text" if isinstance(dtype, nw.String | nw.Binary) else "other"


def text_of(entries: Sequence[object] | AnyArray) -> list[str | None] | None:
    """The strings (N,) of a list or array that holds them, None where one is missing; None where it holds none."""
    if isinstance(entries, np.ndarray) and entries.dtype.kind not in "OUT":
        return None
    strings = [entry if isinstance(entry, str) else None for entry in entries]
    others = any(not isinstance(e, (str, *MISSING)) and not _is_nan(e) for e in entries)
    return None if others or all(s is None for s in strings) else strings


def _is_nan(entry: object) -> bool:
    return isinstance(entry, float | np.floating) and bool(np.isnan(entry))


def text_of_series(series: nw.Series[Any]) -> list[str | None] | None:
    """The strings (N,) of a pandas, polars or Arrow column of text or categories, as `text_of` gives them."""
    if str(getattr(series.to_native(), "dtype", "")) == "object":
        return text_of(np.asarray(series.to_native(), dtype=object))
    if not isinstance(series.dtype, nw.String | nw.Categorical | nw.Enum):
        return None
    return series.cast(nw.String).to_list()


def keys_of(entries: Sequence[object] | AnyArray) -> AnyArray:
    """The entries (N,) of a list or array as keys of groups: numbers and instants as such, all else as objects."""
    if isinstance(entries, np.ma.MaskedArray):
        keys = entries.data.astype(object)
        keys[np.ma.getmaskarray(entries)] = None
        return keys
    if isinstance(entries, np.ndarray):
        return entries if entries.dtype.kind in "iufbmM" else entries.astype(object)
    keys = np.empty(len(entries), dtype=object)
    keys[:] = entries
    return keys


def keys_of_series(series: nw.Series[Any]) -> AnyArray:
    """The entries (N,) of a pandas, polars or Arrow column as keys of groups, categories as the values they stand for."""
    plain = isinstance(series.dtype, nw.Boolean) or series.dtype.is_numeric()
    if plain and not isinstance(series.dtype, nw.Decimal) and not series.is_null().any():
        return keys_of(series.to_numpy())
    if isinstance(series.dtype, nw.Categorical | nw.Enum) and isinstance(series.to_native(), pd.Series):
        return keys_of(np.asarray(series.to_native(), dtype=object))
    return keys_of(series.to_list())
