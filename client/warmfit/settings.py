"""How each keyword of `fit` is checked on its own.

The configuration applies the table; what settings mean together is decided there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from numbers import Integral
from typing import TypeAlias

from warmfit import validation as check
from warmfit.rows import Censoring, Truncation, Weights, by_column
from warmfit.warm_start import WarmStart
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.spec import MAX_BOOTSTRAP, METHODS, PREFILTERS

ProgressCallback: TypeAlias = Callable[[int, int, float], None]
Bound: TypeAlias = "float | Mapping[str, float] | None"


class SamplingMode(StrEnum):
    """Kept for compatibility, without effect: `sample_fraction` draws rows uniformly, and refuses `STRATIFIED`."""

    AUTO = "auto"
    UNIFORM = "uniform"
    STRATIFIED = "stratified"


def _bound(name: str, value: object) -> float | dict[str, float] | None:
    """The bound, or those of columns; None for one at the infinity on its side, which bounds nothing."""
    none = -math.inf if name == "lower_bound" else math.inf
    if isinstance(value, Mapping):
        there = {column: bound for column, bound in value.items() if bound != none}
        return check.mapping(name, there, "a number or {column: number}") if there or not value else None
    return None if value == none else check.real(name, value)


def _fraction(name: str, value: object) -> float:
    share = check.positive(name, value)
    if share > 1:
        raise InvalidInput(f"{name}={value}; expected a share of the rows, above 0 and at most 1")
    return share


def _threshold(name: str, value: object) -> float:
    number = check.real(name, value)
    if number < 0:
        raise InvalidInput(f"{name}={value}; expected a number of at least 0")
    return number


def _callback(name: str, value: object) -> object:
    if not callable(value):
        check.refuse_type(name, value, "a callable of (completed, total, percent)")
    return value


def _prefilter(name: str, value: object) -> bool | str:
    return check.member(name, value, PREFILTERS[1:]) if isinstance(value, str) else check.boolean(name, value)


def _method(name: str, value: object) -> str:
    return check.member(name, value, METHODS)


def _refits(name: str, value: object) -> int:
    number = check.whole(name, value)
    if number > MAX_BOOTSTRAP:
        raise InvalidInput(f"{name}={number}; expected at most {MAX_BOOTSTRAP}")
    return number


def _distributions(name: str, value: object) -> tuple[str, ...]:
    listed = check.names(name, value, "norm")
    if not listed:
        raise InvalidInput(f"{name} is empty; name at least one distribution, or leave it out for all")
    return listed


def _fixed(name: str, value: object) -> dict[str, float]:
    held = check.mapping(name, value, "{parameter: number}")
    if "scale" in held:
        check.positive(f"{name}['scale']", held["scale"])
    return held


def _groupby(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        keys = check.names(name, [_label(key) for key in value], "region")
        if not keys:
            raise InvalidInput(f"{name} is empty; name at least one column, or leave it out")
        return keys
    return (check.text(name, _label(value), "the name of a key column, or several names"),)


def _label(given: object) -> object:
    """A column's name; a whole number is the text of it, as pandas' default labels are."""
    return given if isinstance(given, bool) or not isinstance(given, Integral) else str(given)


def _censoring(name: str, value: object) -> object:
    return by_column(Censoring, name, value)


def _truncation(name: str, value: object) -> object:
    return by_column(Truncation, name, value)


def _censoring_column(name: str, value: object) -> str:
    return check.text(name, value, "the name of a column that tells observed events (True) from censored rows (False)")


def _sampling_mode(name: str, value: object) -> SamplingMode:
    return SamplingMode(check.member(name, value, [mode.value for mode in SamplingMode]))


CHECKS: dict[str, Callable[[str, object], object]] = {
    "bins": check.whole,
    "use_rice_rule": check.boolean,
    "support_at_zero": check.boolean,
    "max_distributions": check.whole,
    "enable_sampling": check.boolean,
    "sample_fraction": _fraction,
    "max_sample_size": check.whole,
    "sample_threshold": check.whole,
    "num_partitions": check.whole,
    "progress_callback": _callback,
    "bounded": check.boolean,
    "lower_bound": _bound,
    "upper_bound": _bound,
    "lazy_metrics": check.boolean,
    "prefilter": _prefilter,
    "estimation_method": _method,
    "included_distributions": _distributions,
    "fixed": _fixed,
    "weights": lambda _, value: Weights.of(value),
    "censoring": _censoring,
    "truncation": _truncation,
    "censoring_column": _censoring_column,
    "groupby": _groupby,
    "warm_start": WarmStart.of,
    "timeout": check.positive,
    "n_bootstrap": _refits,
    "adaptive_sampling": check.boolean,
    "sampling_mode": _sampling_mode,
    "skew_threshold_mild": _threshold,
    "skew_threshold_high": _threshold,
}
