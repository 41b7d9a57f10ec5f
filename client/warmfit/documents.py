"""What a saved document says: rows, specs, summaries and single results, as plain JSON values and back.

A number that is not known is null; an infinite one is the string "inf" or "-inf", because JSON has neither.
Everything that does not fit raises `SerializationError`.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import math
from collections.abc import Collection, Mapping
from typing import Any, cast, get_args

from warmfit.column_fit import ColumnFit
from warmfit_fitting.errors import InvalidInput, SerializationError, UnsupportedType
from warmfit_fitting.families.custom import custom_object
from warmfit_fitting.families.every import EVERY
from warmfit_fitting.row import Ending, FitRow, Status
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary.column import ColumnSummary

METRICS = (
    "sse", "loglik", "aic", "aicc", "bic", "ks_statistic", "ks_error_bound", "pvalue", "ad_statistic",
    "ad_pvalue", "cvm_statistic", "cvm_pvalue",
)  # fmt: skip
DATA = ("data_min", "data_max", "data_mean", "data_stddev", "data_count", "data_kurtosis", "data_skewness")
OTHER = ("lower_bound", "upper_bound", "elapsed")

# Where files of schema 1.0 keep the data's statistics.
_DATA_SUMMARY = {
    "min": "data_min",
    "max": "data_max",
    "mean": "data_mean",
    "std": "data_stddev",
    "sample_size": "data_count",
}


def number(value: float | None) -> float | str | None:
    """A number as JSON has it."""
    if value is None or math.isnan(value):
        return None
    return value if math.isfinite(value) else ("inf" if value > 0 else "-inf")


def to_number(name: str, value: object) -> float | None:
    """The number that `number` wrote; None where it is not known."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise SerializationError(f"{name} is {value!r}; expected a number or null")
    if isinstance(value, str) and value not in ("inf", "-inf"):
        raise SerializationError(f"{name} is {value!r}; expected a number or null")
    found = float(value)
    return None if math.isnan(found) else found


def check_family(name: object, n_parameters: int, custom: Mapping[str, Any]) -> str:
    """The name of a family that is known and takes so many parameters (or has none yet)."""
    if not isinstance(name, str):
        raise SerializationError(f"distribution is {name!r}; expected a name")
    try:
        known = name in EVERY or custom_object(name, custom) is not None
    except (InvalidInput, UnsupportedType) as error:
        raise SerializationError(str(error)) from error
    if not known:
        raise SerializationError(
            f"unknown distribution {name!r}; if it is your own, give custom={{{name!r}: its SciPy object}}"
        )
    if name not in EVERY:
        return name
    expected = EVERY[name].parameters
    if n_parameters not in (0, len(expected)):
        raise SerializationError(f"{name} has {n_parameters} parameters; expected {', '.join(expected)}")
    return name


def result_to_document(values: Mapping[str, Any], spec: FitSpec | None = None) -> dict[str, Any]:
    """The document of one result, from its fields and, where it is known, the spec of its family."""
    errors = values["standard_errors"]
    return {
        "distribution": values["distribution"],
        "parameters": [number(v) for v in values["parameters"]],
        "column_name": values["column_name"],
        "status": values["status"],
        "reason": values["reason"],
        "metrics": {name: number(values[name]) for name in METRICS},
        **{name: number(values[name]) for name in (*DATA, *OTHER)},
        "n_evaluations": values["n_evaluations"],
        "estimation_method": values["estimation_method"],
        "standard_errors": None if errors is None else [number(v) for v in errors],
        "spec": None if spec is None else _plain(spec),
    }


def spec_of_result(document: Mapping[str, Any]) -> FitSpec | None:
    """The spec in the document of one result; None where it has none, as in files of schema 1."""
    return None if document.get("spec") is None else _spec(document["spec"])


def result_from_document(document: Mapping[str, Any], custom: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of one result; reads schema 1.0 and 1.1 too, whose statistics may be nested or flat."""
    flat = dict(document)
    for nested in ("metrics", "data_stats"):
        flat |= _mapping(document, nested)
    flat |= {_DATA_SUMMARY.get(key, key): value for key, value in _mapping(document, "data_summary").items()}
    parameters = _numbers("parameters", flat.get("parameters"))
    status = flat.get("status", "ok")
    if status not in get_args(Status):
        raise SerializationError(f"status is {status!r}; expected one of {', '.join(get_args(Status))}")
    if not parameters and status == "ok":
        raise SerializationError("a result without parameters; the file is damaged or of another kind")
    errors = flat.get("standard_errors")
    return {
        "distribution": check_family(flat.get("distribution"), len(parameters), custom),
        "parameters": parameters,
        "column_name": _column_name(flat.get("column_name")),
        "status": status,
        "reason": str(flat.get("reason", "")),
        "n_evaluations": _whole("n_evaluations", flat.get("n_evaluations", 0)),
        "estimation_method": str(flat.get("estimation_method", "mle")),
        "standard_errors": None if errors is None else _maybe_numbers("standard_errors", errors),
        **{name: to_number(name, flat.get(name)) for name in (*METRICS, *DATA, *OTHER)},
    }


def _column_name(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise SerializationError(f"column_name is {value!r}; expected a name or null")
    return value


def _whole(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise SerializationError(f"{name} is {value!r}; expected a whole number")
    return value


def column_to_document(column: ColumnFit) -> dict[str, Any]:
    """The document of one column: name, summary, spec and rows."""
    summary = column.summary
    return {
        "name": column.name,
        "summary": None if summary is None else base64.b64encode(summary.to_bytes()).decode(),
        "spec": _plain(column.spec),
        "rows": [_plain(row) for row in column.rows],
    }


def columns_from_document(document: Mapping[str, Any], custom: Mapping[str, Any]) -> list[ColumnFit]:
    """The columns of a collection's document."""
    columns = document.get("columns")
    if not isinstance(columns, list):
        raise SerializationError("the document holds no list of columns; it is damaged")
    return [column_from_document(column, custom) for column in columns]


def column_from_document(document: object, custom: Mapping[str, Any]) -> ColumnFit:
    """The column that `column_to_document` wrote."""
    if not isinstance(document, Mapping) or not {"name", "summary", "spec", "rows"} <= document.keys():
        raise SerializationError("a column without name, summary, spec and rows")
    spec = _spec(document["spec"])
    rows = tuple(_row(row, custom) for row in _list("rows", document["rows"]))
    strangers = {row.distribution for row in rows} - set(spec.families)
    if strangers:
        raise SerializationError(f"rows of families that were not asked for: {', '.join(sorted(strangers))}")
    return ColumnFit(str(document["name"]), _summary(document["summary"]), spec, rows)


def _summary(encoded: object) -> ColumnSummary | None:
    if encoded is None:
        return None
    try:
        return ColumnSummary.from_bytes(base64.b64decode(cast(str, encoded), validate=True))
    except (binascii.Error, TypeError, ValueError) as error:
        raise SerializationError(f"a summary that is not base64: {error}") from error


def _plain(thing: FitRow | FitSpec) -> dict[str, Any]:
    return {f.name: _value(getattr(thing, f.name)) for f in dataclasses.fields(thing)}


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_value(item) for item in value]
    return number(value) if isinstance(value, float) else value


def _spec(document: object) -> FitSpec:
    given = _known(document, {f.name for f in dataclasses.fields(FitSpec)}, "spec")
    given["families"] = tuple(_list("families", given.get("families")))
    try:
        given["fixed"] = tuple((str(name), float(value)) for name, value in given.get("fixed", ()))
        starts = given.get("warm_start", ())
        given["warm_start"] = tuple((str(name), tuple(map(float, parameters))) for name, parameters in starts)
        return FitSpec(**given)
    except (InvalidInput, TypeError, ValueError) as error:
        raise SerializationError(f"a spec that cannot be used: {error}") from error


def _row(document: object, custom: Mapping[str, Any]) -> FitRow:
    given = _known(document, {f.name for f in dataclasses.fields(FitRow)}, "row")
    for f in dataclasses.fields(FitRow):
        if f.name in given and f.default is not dataclasses.MISSING and isinstance(f.default, float):
            value = to_number(f.name, given[f.name])
            given[f.name] = math.nan if value is None else value
    given["parameters"] = tuple(_numbers("parameters", given.get("parameters")))
    errors = _maybe_numbers("standard_errors", given.get("standard_errors", []))
    given["standard_errors"] = tuple(math.nan if error is None else error for error in errors)
    if given.get("status") not in get_args(Status) or given.get("ending", "") not in get_args(Ending):
        raise SerializationError(f"a row of status {given.get('status')!r} and ending {given.get('ending')!r}")
    if given["status"] == "ok" and not given["parameters"]:
        raise SerializationError("a row of status 'ok' without parameters")
    for name in ("n_parameters", "n_evaluations"):
        _whole(name, given.get(name, 0))
    check_family(given.get("distribution"), len(given["parameters"]), custom)
    return FitRow(**{**given, "reason": str(given.get("reason", ""))})


def _known(document: object, names: Collection[str], what: str) -> dict[str, Any]:
    if not isinstance(document, Mapping):
        raise SerializationError(f"a {what} that is {document!r}; expected an object")
    strange = sorted(set(document) - set(names))
    if strange:
        raise SerializationError(f"a {what} with unknown entries: {', '.join(strange)}")
    return dict(document)


def _mapping(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = document.get(name) or {}
    if not isinstance(found, Mapping):
        raise SerializationError(f"{name} is {found!r}; expected an object")
    return dict(found)


def _list(name: str, value: object) -> list[Any]:
    if not isinstance(value, list):
        raise SerializationError(f"{name} is {value!r}; expected a list")
    return value


def _maybe_numbers(name: str, value: object) -> list[float | None]:
    return [to_number(name, entry) for entry in _list(name, value)]


def _numbers(name: str, value: object) -> list[float]:
    found = _maybe_numbers(name, value)
    if any(entry is None or not math.isfinite(entry) for entry in found):
        raise SerializationError(f"{name} is {value!r}; expected finite numbers")
    return cast("list[float]", found)
