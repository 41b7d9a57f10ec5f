"""One table of bad inputs, each of one error class in Python and on the command line; and what is good input after all."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from warmfit import (
    DistributionFitter,
    FitterConfig,
    InvalidInput,
    UnknownDistribution,
    UnsupportedType,
    WarmfitError,
    Weights,
)
from warmfit.cli.app import app

GOOD = [1.0, 2.0, 4.0, 3.0, 7.0]


@dataclass(frozen=True)
class Bad:
    """A column and the settings that make it bad, in both worlds; `says` is in the message of both.

    `keywords` go to `fit`, `options` to the command line; None where it has no such setting.
    """

    error: type[WarmfitError]
    says: str
    column: Sequence[Any] = field(default_factory=lambda: GOOD)
    keywords: dict[str, Any] = field(default_factory=dict)
    options: list[str] | None = field(default_factory=list)
    name: str = "x"


BAD = {
    "empty column": Bad(InvalidInput, "column 'x': .*no values", []),
    "one row": Bad(InvalidInput, "column 'x': .*two different values", [4.0]),
    "constant column": Bad(InvalidInput, "column 'x': .*two different values", [4.0, 4.0, 4.0]),
    "all missing": Bad(InvalidInput, "column 'x': .*3 missing", [None, None, None]),
    "infinite value": Bad(InvalidInput, "column 'x': .*1 infinite", [1.0, 2.0, np.inf]),
    "strings": Bad(UnsupportedType, "column 'x': .*not numeric.*'north'", ["north", "south"]),
    "numbers among strings": Bad(UnsupportedType, "column 'x': .*not numeric", ["1.5", "2.5", "n. a. N."]),
    "datetimes": Bad(UnsupportedType, "column 'x': .*2024-05-01", [datetime.datetime(2024, 5, d) for d in (1, 2, 3)]),
    "durations": Bad(
        UnsupportedType, "column 'x': .*not numeric", [datetime.timedelta(seconds=s) for s in (1, 2)]
    ),
    "objects": Bad(UnsupportedType, "column 'x': .*not numeric", [{"a": 1}, {"b": 2}]),
    "unknown column": Bad(InvalidInput, "no column 'price': the columns are 'x'", name="price"),
    "misspelt column": Bad(InvalidInput, "no column 'xx': did you mean 'x'", name="xx"),
    "unknown family": Bad(
        UnknownDistribution, "unknown distribution 'zzz'", keywords={"included_distributions": ["zzz"]},
        options=["--include", "zzz"],
    ),
    "misspelt family": Bad(
        UnknownDistribution, "did you mean .*lognorm", keywords={"included_distributions": ["lognrom"]},
        options=["--include", "lognrom"],
    ),
    "duplicate family": Bad(
        InvalidInput, "norm more than once", keywords={"included_distributions": ["norm", "gamma", "norm"]},
        options=["--include", "norm", "--include", "gamma", "--include", "norm"],
    ),
    "no bins": Bad(InvalidInput, "bins=0", keywords={"bins": 0}, options=["--bins", "0"]),
    "bounds the wrong way round": Bad(
        InvalidInput, "lower_bound=9.0.*upper_bound=1.0", keywords={"lower_bound": 9, "upper_bound": 1},
        options=["--lower", "9", "--upper", "1"],
    ),
    "equal bounds": Bad(
        InvalidInput, "lower_bound=1.0.*upper_bound=1.0", keywords={"lower_bound": 1, "upper_bound": 1},
        options=["--lower", "1", "--upper", "1"],
    ),
    "bound that is no number": Bad(
        InvalidInput, "lower_bound=nan", keywords={"lower_bound": float("nan")}, options=["--lower", "nan"]
    ),
    "values outside the bounds": Bad(
        InvalidInput, "column 'x': .*outside the bounds", keywords={"lower_bound": 2.0}, options=["--lower", "2"]
    ),
    "fixed parameter of no family": Bad(
        InvalidInput, "fixed names lco", keywords={"fixed": {"lco": 0.0}}, options=["--fix", "lco=0"]
    ),
    "fixed scale of zero": Bad(InvalidInput, "scale", keywords={"fixed": {"scale": 0.0}}, options=["--fix", "scale=0"]),
    "timeout of zero": Bad(InvalidInput, "timeout=0", keywords={"timeout": 0}, options=["--timeout", "0"]),
    "negative weights": Bad(
        InvalidInput, "weights.*: .*negative", keywords={"weights": [1, 1, -1, 1, 1]}, options=["--weights", "w"]
    ),
    "missing weight": Bad(
        InvalidInput, "weights.*: .*missing", keywords={"weights": [1, 1, None, 1, 1]}, options=["--weights", "w"]
    ),
    "negative analytic weights": Bad(
        InvalidInput, "weights.*: .*negative", keywords={"weights": Weights([1, 1, -1, 1, 1], "analytic")},
        options=["--analytic-weights", "w"],
    ),
    "an event indicator that does not say so": Bad(
        InvalidInput, "column 'x': censoring.*say which: kind='event'", keywords={"censoring": [1, 0, 1, 1, 0]},
        options=["--censoring", "code"],
    ),
    "an unknown code of censoring": Bad(
        InvalidInput, "column 'x': censoring.*unknown code 2", keywords={"censoring": [0, 1, 2, -1, 0]},
        options=["--censoring", "code"],
    ),
    "a missing code of censoring": Bad(
        InvalidInput, "column 'x': censoring.*1 code.* missing", keywords={"censoring": [0, 1, None, -1, 0]},
        options=["--censoring", "code"],
    ),
    "a truncation that lets rows out": Bad(
        InvalidInput, "column 'x': .*outside the bounds", keywords={"truncation": (2, None)},
        options=["--truncation", "2", "inf"],
    ),
    "a truncation against a bound": Bad(
        InvalidInput, "lower_bound=0.0 contradicts the lower end -1.0 of truncation",
        keywords={"truncation": (-1, None), "lower_bound": 0}, options=["--truncation", "-1", "inf", "--lower", "0"],
    ),
    "a truncation column that is not there": Bad(
        InvalidInput, "no column 'entyr'", keywords={"truncation": ("entyr", None)}, options=["--truncation", "entyr", "inf"],
    ),
    "ends that are not there": Bad(
        InvalidInput, "no column 'lo'", keywords={"censoring": ("lo", "hi")}, options=["--interval", "lo", "hi"],
    ),
    "censoring of no kind": Bad(
        UnsupportedType, "censoring=3", keywords={"censoring": 3}, options=None
    ),
    "too few weights": Bad(InvalidInput, "weights: 2 weight.* 5 row", keywords={"weights": [1, 1]}, options=None),
    "bins that are text": Bad(UnsupportedType, "bins='ten'", keywords={"bins": "ten"}, options=None),
    "families as one string": Bad(
        UnsupportedType, "included_distributions", keywords={"included_distributions": "norm"}, options=None
    ),
    "callback that cannot be called": Bad(
        UnsupportedType, "progress_callback", keywords={"progress_callback": 5}, options=None
    ),
    "config of another type": Bad(UnsupportedType, "config", keywords={"config": {"bins": 5}}, options=None),
    "config against a keyword": Bad(
        InvalidInput, "bins=7.*config: 9", keywords={"config": FitterConfig(bins=9), "bins": 7}, options=None
    ),
}  # fmt: skip


def raised(bad: Bad) -> WarmfitError:
    frame = pd.DataFrame({"x": list(bad.column)})
    keywords = dict(bad.keywords)
    if "config" not in keywords:
        keywords.setdefault("included_distributions", ["norm", "gamma"])
    with pytest.raises(WarmfitError) as caught:
        DistributionFitter().fit(frame, column=bad.name, **keywords)
    return caught.value


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_in_python(case: str) -> None:
    error = raised(BAD[case])
    assert type(error) is BAD[case].error
    assert re.search(BAD[case].says, str(error)), str(error)


@pytest.mark.parametrize("case", [case for case, bad in BAD.items() if bad.options is not None])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_bad_input_is_of_the_same_class_on_the_command_line(case: str, suffix: str, tmp_path: Path) -> None:
    bad = BAD[case]
    path = tmp_path / f"data.{suffix}"
    frame = pd.DataFrame({"x": list(bad.column)})
    # one more column, because a line of a CSV file that is empty is no row
    frame["other"] = 0
    for keyword, name in (("weights", "w"), ("censoring", "code")):
        given = bad.keywords.get(keyword)
        if given is not None and not isinstance(given, tuple):
            frame[name] = given.column if isinstance(given, Weights) else given
    frame.to_csv(path, index=False) if suffix == "csv" else frame.to_parquet(path)
    families = [] if "--include" in (bad.options or []) else ["--include", "norm", "--include", "gamma"]
    result = CliRunner().invoke(app, ["fit", str(path), "--column", bad.name, *families, *(bad.options or [])])
    assert (result.exit_code, result.stdout) == (2, "")
    last = result.stderr.splitlines()[-1]
    assert last.startswith(f"error ({bad.error.__name__}): ")
    if suffix == "parquet" and case not in ("unknown column", "misspelt column"):
        assert re.search(bad.says, last), last


def tab(path: Path) -> str:
    return "\t" if ".tsv" in path.suffixes else ","


UNREADABLE: dict[str, Callable[[Path], object]] = {
    "missing": lambda _: None,
    "a directory": lambda path: path.mkdir(),
    "empty": lambda path: path.write_bytes(b""),
    "a blank line": lambda path: path.write_bytes(b"\n"),
    "binary garbage": lambda path: path.write_bytes(bytes(range(256)) * 9),
    "not UTF-8": lambda path: path.write_bytes("größe\n1\n2\n".encode("latin-1")),
    "a PNG": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
    "lines of unequal length": lambda path: path.write_text(f"a{tab(path)}b\n1{tab(path)}2\n3{tab(path) * 3}6\n"),
    "decimal commas": lambda path: path.write_text(f"a\n1{tab(path)}5\n2{tab(path)}5\n4{tab(path)}0\n"),
    "an open quotation mark": lambda path: path.write_text('a,b\n1,"2\n3,4\n'),
    "a header alone": lambda path: path.write_text("a\n"),
}


@pytest.mark.parametrize("suffix", ["csv", "tsv", "csv.gz", "parquet"])
@pytest.mark.parametrize("case", UNREADABLE)
def test_a_file_that_cannot_be_read_is_refused(case: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"data.{suffix}"
    UNREADABLE[case](path)
    result = CliRunner().invoke(app, ["fit", str(path), "--column", "a", "--include", "norm"])
    assert (result.exit_code, result.stdout) == (2, "")
    line = result.stderr.splitlines()[-1]
    assert line.startswith("error (InvalidInput): ")
    assert "data." in line or "column 'a'" in line


@pytest.mark.parametrize("option", ["loc", "loc=", "=1", "loc=one", "loc=inf", "loc=1 --fix loc=2"])
def test_a_fixed_parameter_that_cannot_be_read_is_refused(option: str, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("x\n1\n2\n")
    result = CliRunner().invoke(app, ["fit", str(path), "--fix", *option.split()])
    assert result.exit_code == 2
    assert result.stderr.startswith("error (InvalidInput): --fix ")


def test_a_metric_that_does_not_exist_is_refused_before_the_fit(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["fit", str(tmp_path / "missing.csv"), "--metric", "bci"])
    assert result.exit_code == 2
    assert "error (InvalidInput): unknown metric 'bci'" in result.stderr


WHOLE = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3]
GAPS = [3, None, 4, 1, 5, 9, None, 6, 5, 3]
FLAGS = [True, False, True, True, False]


def rows(data: object) -> list[list[Any]]:
    found = DistributionFitter().fit(data, included_distributions=["norm", "expon", "gamma"]).df
    kept = found.drop(columns=["elapsed", "parameters", "ks_error_bound"], errors="ignore")
    return [[None if value != value else value for value in row] for row in kept.to_numpy().tolist()]


GOOD_INPUTS: dict[str, tuple[object, Sequence[float]]] = {
    **{f"numpy {t}": (np.array(WHOLE).astype(t), WHOLE) for t in ["int8", "int16", "int32", "int64"]},
    **{f"numpy {t}": (np.array(WHOLE).astype(t), WHOLE) for t in ["uint8", "uint16", "uint32", "uint64"]},
    **{f"numpy {t}": (np.array(WHOLE).astype(t), WHOLE) for t in ["float16", "float32", "float64", "longdouble"]},
    "bool": (np.array(FLAGS), [1, 0, 1, 1, 0]),
    "Decimal": ([Decimal(v) for v in WHOLE], WHOLE),
    "Decimal in pandas": (pd.Series([Decimal(v) for v in WHOLE]), WHOLE),
    "Decimal in polars": (pl.Series([Decimal(v) for v in WHOLE]), WHOLE),
    "Decimal in Arrow": (pa.array([Decimal(v) for v in WHOLE]), WHOLE),
    "masked": (np.ma.masked_equal([-1 if v is None else v for v in GAPS], -1), [np.nan if v is None else v for v in GAPS]),
    **{
        f"pandas {t}": (pd.Series(GAPS, dtype=t), [np.nan if v is None else v for v in GAPS])
        for t in ("Int8", "Int64", "UInt16", "Float32", "Float64", "int64[pyarrow]", "double[pyarrow]", "object")
    },
    "pandas boolean": (pd.Series([*FLAGS, None], dtype="boolean"), [1, 0, 1, 1, 0, np.nan]),
    "polars": (pl.DataFrame({"value": GAPS}), [np.nan if v is None else v for v in GAPS]),
    "polars lazy": (pl.LazyFrame({"value": GAPS}), [np.nan if v is None else v for v in GAPS]),
    "Arrow table": (pa.table({"value": GAPS}), [np.nan if v is None else v for v in GAPS]),
    "Arrow bool": (pa.array([*FLAGS, None]), [1, 0, 1, 1, 0, np.nan]),
}  # fmt: skip


@pytest.mark.parametrize("case", GOOD_INPUTS)
def test_numbers_of_every_kind_give_the_fit_of_the_float64_column(case: str) -> None:
    data, values = GOOD_INPUTS[case]
    assert rows(data) == rows(np.array(values, dtype=np.float64))
