"""The command line: tables for people, JSON for programs, one line for errors, and nothing else on stdout."""

from __future__ import annotations

import gzip
import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

import warmfit
from warmfit.cli.app import app

FEW = ["--include", "gamma", "--include", "norm", "--include", "expon"]
VALUES = np.random.default_rng(3).gamma(2.0, 3.0, size=200)


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


def fitted(*arguments: object) -> dict[str, Any]:
    result = run("fit", *arguments, *FEW, "--json")
    assert result.exit_code == 0, result.stderr
    document: dict[str, Any] = json.loads(result.stdout, parse_constant=pytest.fail)
    return document


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "claims.csv"
    pd.DataFrame({"cost": VALUES, "twice": 2 * VALUES, "name": "x"}).to_csv(path, index=False)
    return path


@pytest.fixture
def single(tmp_path: Path) -> Path:
    path = tmp_path / "single.csv"
    pd.DataFrame({"cost": VALUES}).to_csv(path, index=False)
    return path


def test_the_table_ranks_the_families_and_counts_the_rows(csv: Path) -> None:
    result = run("fit", csv, "--column", "cost", *FEW)
    assert result.exit_code == 0
    rows = [line for line in result.stdout.splitlines() if line.startswith("│")]
    assert [re.split(r"\s*│\s*", row)[1:3] for row in rows] == [["1", "gamma"], ["2", "expon"], ["3", "norm"]]
    assert re.search(r"a=\d\.\d+, loc=-?\d.*, scale=\d", rows[0])
    assert re.search(r"200 rows, 0 missing, \d+\.\d s; families: 3 ok", result.stdout)
    assert "100 %" in result.stderr


def test_json_is_one_standard_document_with_the_numbers_of_the_sdk(csv: Path) -> None:
    document = fitted(csv, "--column", "cost")
    best = warmfit.DistributionFitter().fit(VALUES, included_distributions=["gamma"]).best()[0]
    first = document["results"][0]
    assert (document["n"], document["n_missing"], document["families"]) == (200, 0, {"ok": 3})
    assert (first["rank"], first["distribution"], first["status"]) == (1, "gamma", "ok")
    assert list(first["parameters"]) == ["a", "loc", "scale"]
    assert list(first["parameters"].values()) == best.parameters
    assert first["loglik"] == best.loglik


def test_numbers_are_read_to_the_last_digit(single: Path) -> None:
    document = fitted(single)
    results = warmfit.DistributionFitter().fit(VALUES, included_distributions=["gamma", "norm", "expon"])
    assert [row["loglik"] for row in document["results"]] == [fit.loglik for fit in results.best(3)]


def test_top_cuts_and_all_shows_failures_with_their_reasons(csv: Path) -> None:
    assert len(fitted(csv, "--column", "cost", "--top", 1)["results"]) == 1
    result = run("fit", csv, "--column", "cost", "--all", "--fix", "a=2", *FEW)
    assert result.exit_code == 0
    assert re.search(r"norm: it has no parameter 'a'", result.stdout)
    assert not re.search("norm", run("fit", csv, "--column", "cost", "--fix", "a=2", *FEW).stdout)


def test_a_json_row_that_failed_has_nulls_for_numbers(csv: Path) -> None:
    rows = {row["distribution"]: row for row in fitted(csv, "--column", "cost", "--all", "--fix", "a=2")["results"]}
    assert rows["gamma"]["parameters"]["a"] == 2.0
    assert (rows["norm"]["rank"], rows["norm"]["loglik"], rows["norm"]["parameters"]) == (None, None, {})


def test_where_no_family_can_be_fitted_the_rows_are_shown_and_the_code_is_two(csv: Path) -> None:
    result = run("fit", csv, "--column", "cost", "--json", "--include", "norm", "--timeout", "1e-9")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["results"][0]["status"] == "timed_out"
    assert result.stderr.splitlines()[-1].startswith("error (FitFailed): ")


def test_bounds_exclusions_and_the_metric_reach_the_fit(csv: Path) -> None:
    document = fitted(csv, "--column", "cost", "--lower", 0, "--upper", 1000, "--metric", "ks_statistic")
    statistics = [row["ks_statistic"] for row in document["results"]]
    assert statistics == sorted(statistics)
    assert (document["results"][0]["lower_bound"], document["results"][0]["upper_bound"]) == (0.0, 1000.0)
    out = run("fit", csv, "--column", "cost", "--exclude", "norm", "--timeout", "0.001", "--all", "--json").stdout
    names = {row["distribution"] for row in json.loads(out)["results"]}
    assert names == {*warmfit.DistributionRegistry.ALL_DISTRIBUTIONS} - {"norm"}


def test_the_estimation_method_reaches_the_fit_and_an_unknown_one_is_refused(csv: Path) -> None:
    rows = fitted(csv, "--column", "cost", "--method", "mme")["results"]
    assert {row["estimation_method"] for row in rows} == {"mme"}
    result = run("fit", csv, "--column", "cost", "--method", "map")
    assert result.exit_code == 2
    assert "expected one of mle, mse, mme, auto" in result.stderr


def test_the_column_may_be_left_out_where_there_is_one(single: Path, csv: Path) -> None:
    assert fitted(single)["column"] == "cost"
    result = run("fit", csv, *FEW)
    assert result.exit_code == 2
    assert "--column is needed: the columns are 'cost', 'twice', 'name'" in result.stderr


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".csv.gz", ".tsv.gz", ".txt", ".parquet"])
def test_every_format_gives_the_same_fit(tmp_path: Path, csv: Path, suffix: str) -> None:
    frame = pd.read_csv(csv, float_precision="round_trip")
    path = tmp_path / f"other{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if "tsv" in suffix else ",")
    expected, found = (fitted(p, "--column", "twice") for p in (csv, path))
    for document in (expected, found):
        for row in document["results"]:
            del row["elapsed"]
    assert found["results"] == expected["results"]


@pytest.mark.parametrize(
    ("text", "column", "n", "missing"),
    [
        ("1.5\n2.5\n4\n9\n", "value", 4, 0),
        ("1,5\n2,7\n3,9\n4,8\n", "1", 4, 0),
        ("\ufeffcost\n1\n2\n4\n", "cost", 3, 0),
        ("cost\n1\n\n2\n\n\n4\n", "cost", 3, 3),
        ("cost\r\n1\r\n\r\n2\r\n4\r\n\r\n", "cost", 3, 1),
        ("cost\n1\n2\n4\n\n\n", "cost", 3, 0),
        ("cost\n1\n2\n4\nNA\n\n", "cost", 3, 1),
        ("\n\ncost\n1\n\n2\n4\n", "cost", 3, 1),
        ("1\n\n2\n4\n\n", "value", 3, 1),
        ("cost,n\n1,a\n\n2,b\n4,c\n", "cost", 3, 0),
        ("cost,n\n1,a\n,b\n4,c\nNA,d\n2,e\n", "cost", 3, 2),
        ('"a, b",c\n1,2\n2,3\n5,3\n', "a, b", 3, 0),
        ("nan\n1\n2\n", "nan", 2, 0),
    ],
)
def test_csv_with_and_without_a_header_and_with_gaps(
    tmp_path: Path, text: str, column: str, n: int, missing: int
) -> None:
    path = tmp_path / "data.csv"
    path.write_text(text, encoding="utf-8")
    document = fitted(path, "--column", column)
    assert (document["n"], document["n_missing"]) == (n, missing)


@pytest.mark.parametrize(
    ("name", "text", "arguments", "says"),
    [
        ("a.csv", "a;b\n1;2\n", [], "the first line, 'a;b', looks separated by ';'"),
        ("a.csv", "a;b\n1,5;2,5\n", ["--column", "a"], "looks separated by ';'"),
        ("a.csv", "1;2\n3;4\n", [], "looks separated by ';'"),
        ("a.csv", "a\tb\n1\t2\n", [], r"looks separated by '\t'"),
        ("a.tsv", "a,b\n1,2\n", [], "looks separated by ','"),
        ("a.csv", "a\n1,5\n2,5\n", [], "if the numbers have decimal commas, write points"),
        ("a.csv", 'a,b\n"1,5",2\n"2,5",2\n', ["--column", "a"], "column 'a' has numbers with a comma, such as '1,5'"),
        ("a.tsv", "a\n1,5\n2,5\n", [], "column 'a' has numbers with a comma, such as '1,5'"),
    ],
)
def test_a_file_of_another_locale_is_refused_saying_so(
    tmp_path: Path, name: str, text: str, arguments: Sequence[str], says: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    result = run("fit", path, *arguments, "--include", "norm")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error (InvalidInput): ")
    assert says in result.stderr


def test_a_column_may_have_a_semicolon_in_its_name_where_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a;b\n1\n2\n4\n")
    assert fitted(path, "--column", "a;b")["n"] == 3


def test_weights_bins_and_the_support_reach_the_fit(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    pd.DataFrame({"x": [1.0, 2.0, 4.0, 7.0], "times": [3, 2, 2, 1]}).to_csv(path, index=False)
    assert [row["loglik"] for row in fitted(path, "--weights", "times")["results"]] == [
        row["loglik"] for row in fitted(path, "--weights", "times", "--column", "x")["results"]
    ]
    repeated = warmfit.DistributionFitter().fit([1, 1, 1, 2, 2, 4, 4, 7.0], included_distributions=["norm"])
    norm = next(row for row in fitted(path, "--weights", "times")["results"] if row["distribution"] == "norm")
    assert norm["loglik"] == pytest.approx(repeated.best()[0].loglik, rel=1e-12)
    starts = {
        r["distribution"]: r["parameters"].get("loc")
        for r in fitted(path, "--column", "x", "--support-at-zero")["results"]
    }
    assert starts == {"gamma": 0.0, "expon": 0.0}
    errors = [fitted(path, "--column", "x", "--bins", bins)["results"][0]["sse"] for bins in (50, 7)]
    assert errors[0] != errors[1]


@pytest.fixture(params=["csv", "parquet"])
def survival(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Times of which some are censored, said in every way a file can say it."""
    rng = np.random.default_rng(1)
    life, end = rng.weibull(1.5, 60) * 10, rng.exponential(15, 60)
    time, died = np.minimum(life, end), life <= end
    frame = pd.DataFrame(
        {
            "time": time,
            "died": died,
            "state": np.where(died, "", "right"),
            "code": np.where(died, 0, 1),
            "until": np.where(died, time, np.nan),
            "w": rng.uniform(0.5, 2, 60),
            "entry": np.where(rng.random(60) < 0.5, time / 2, np.nan),
        }
    )
    path = tmp_path / f"survival.{request.param}"
    frame.to_csv(path, index=False) if request.param == "csv" else frame.to_parquet(path)
    return path


ROWS = {
    "words": (["--censoring", "state"], {"censoring": "state"}),
    "events": (["--censoring", "died", "--censoring-kind", "event"], {"censoring": warmfit.Censoring("died", "event")}),
    "right": (["--censoring", "code", "--censoring-kind", "right"], {"censoring": warmfit.Censoring("code", "right")}),
    "codes": (["--censoring", "code", "--censoring-kind", "codes"], {"censoring": warmfit.Censoring("code", "codes")}),
    "intervals": (["--interval", "time", "until"], {"censoring": ("time", "until")}),
    "entries": (["--truncation", "entry", "inf"], {"truncation": ("entry", None)}),
    "one window": (["--truncation", "-5", "1e3"], {"lower_bound": -5, "upper_bound": 1000}),
    "bounds": (["--lower-bound", "-5", "--upper-bound", "1e3"], {"lower_bound": -5, "upper_bound": 1000}),
    "analytic": (["--analytic-weights", "w"], {"weights": warmfit.Weights("w", "analytic")}),
    "all": (
        ["--interval", "time", "until", "--weights", "w", "--truncation", "entry", "99"],
        {"censoring": ("time", "until"), "weights": "w", "truncation": ("entry", 99)},
    ),
}


@pytest.mark.parametrize("case", ROWS)
def test_what_is_said_of_rows_reaches_the_fit(survival: Path, case: str) -> None:
    options, keywords = ROWS[case]
    frame = pd.read_parquet(survival) if survival.suffix == ".parquet" else pd.read_csv(survival)
    if survival.suffix == ".csv":
        frame["state"] = frame["state"].fillna("")
    results = warmfit.DistributionFitter(backend=warmfit.LocalBackend(1)).fit(
        frame, column="time", included_distributions=["norm"], **keywords
    )
    out = run("fit", survival, "--column", "time", *options, "--include", "norm", "--json", "--workers", "1")
    assert out.exit_code == 0, out.stderr
    assert json.loads(out.stdout)["results"][0]["loglik"] == pytest.approx(results.best()[0].loglik, rel=1e-12)


def test_ends_of_intervals_need_a_name_only(survival: Path) -> None:
    said = ["--interval", "time", "until", "--include", "norm"]
    assert "life" in run("fit", survival, "--column", "life", *said).stdout
    refused = run("fit", survival, *said)
    assert refused.exit_code == 2
    assert "--column is needed" in refused.stderr
    assert "it names what the ends are of" in refused.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--weights", "w", "--analytic-weights", "w"], "--weights and --analytic-weights were both given"),
        (["--interval", "time", "until", "--censoring", "state"], "--interval and --censoring both say"),
        (["--censoring-kind", "event"], "name it with --censoring"),
        (["--censoring", "died"], "say which: kind='event'"),
        (["--censoring", "w"], "unknown code"),
        (["--truncation", "9", "1"], "the lower end 9.0 is not below the upper end 1.0"),
        (["--truncation", "nan", "inf"], "lower end=nan"),
    ],
)
def test_options_about_rows_that_contradict_or_say_too_little_are_refused(
    survival: Path, options: list[str], says: str
) -> None:
    result = run("fit", survival, "--column", "time", "--include", "norm", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr


def test_numbers_among_words_are_no_codes_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    path.write_text("x,code\n1,0\n2,right\n4,0\n")
    assert (
        "unknown code '0'; expected 'right', 'left' or 'none'"
        in run("fit", path, "--column", "x", "--censoring", "code").stderr
    )
    path.write_text("x,code\n1,0\n2,-1\n4,\n")
    assert "1 code(s) are missing" in run("fit", path, "--column", "x", "--censoring", "code").stderr


def test_the_column_of_weights_must_be_there(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("x,times\n1,2\n2,2\n4,1\n")
    result = run("fit", path, "--weights", "time")
    assert result.exit_code == 2
    assert "--column is needed" in result.stderr
    assert "no column 'time': did you mean 'times'?" in run("fit", path, "--weights", "time", "--column", "x").stderr


@pytest.mark.parametrize("metric", ["bic", "aicc", "loglik", "ks_statistic", "cvm_statistic"])
def test_a_narrow_terminal_shows_names_whole_and_the_metric_that_ranks(csv: Path, metric: str) -> None:
    options = ["--column", "cost", "--metric", metric, "--top", "200", "--timeout", "20"]
    few = ["gengamma", "exponnorm", "genextreme", "norminvgauss", "halfgennorm", "truncweibull_min"]
    included = [part for name in few for part in ("--include", name)]
    environment = {"COLUMNS": "80", "FORCE_COLOR": "1", "NO_COLOR": "1"}
    result = CliRunner().invoke(app, ["fit", str(csv), *options, *included], env=environment)
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in result.stdout.splitlines()]
    heads = [head.strip() for head in next(line for line in lines if "distribution" in line).split("┃")]
    place = heads.index("distribution")
    shown = [line.split("│")[place].strip() for line in lines if line.startswith("│")]
    titles = {"bic": "BIC", "aicc": "AICc", "loglik": "loglik", "ks_statistic": "KS", "cvm_statistic": "CvM"}
    assert max(map(len, lines)) <= 80
    assert set(shown) - {""} == set(few)
    assert titles[metric] in heads


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a,a,b\n1,2,3\n")
    result = run("fit", path, "--column", "a")
    assert result.exit_code == 2
    assert "2 columns are named 'a'" in result.stderr


def test_saved_results_are_loaded_and_sampled(tmp_path: Path, csv: Path) -> None:
    path = tmp_path / "fit.json"
    assert run("fit", csv, "--column", "cost", "--save", path, *FEW).exit_code == 0
    best = warmfit.BaseFitResults.load(path).best()[0]
    expected = [repr(float(v)) for v in best.sample(4, random_state=7)]
    assert run("sample", path, "--n", 4, "--seed", 7).stdout.split() == expected
    assert run("sample", path, "--n", 4, "--seed", 7, "--column", "cost").stdout.split() == expected
    alone = tmp_path / "alone.json"
    best.save(alone)
    assert run("sample", alone, "--n", 4, "--seed", 7).stdout.split() == expected
    other = run("sample", path, "--n", 4, "--seed", 7, "--distribution", "expon").stdout.split()
    assert other != expected
    assert len(other) == 4


def test_a_file_of_data_is_fitted_and_sampled(csv: Path) -> None:
    result = run("sample", csv, "--column", "cost", "--n", 3, "--seed", 1, "--distribution", "norm")
    expected = warmfit.DistributionFitter().fit(VALUES, included_distributions=["norm"]).best()[0]
    assert [float(line) for line in result.stdout.splitlines()] == list(expected.sample(3, random_state=1))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--distribution", "cauchy"], "InvalidInput"),
        (["--distribution", "nrom"], "UnknownDistribution"),
        (["--column", "cots"], "InvalidInput"),
    ],
)
def test_what_is_not_in_a_saved_result_is_refused(
    tmp_path: Path, csv: Path, arguments: Sequence[str], error: str
) -> None:
    path = tmp_path / "fit.json"
    run("fit", csv, "--column", "cost", "--save", path, *FEW)
    result = run("sample", path, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"error ({error}): " in result.stderr


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("gone.json", None, "InvalidInput"),
        ("bad.json", b"{", "SerializationError"),
        ("list.json", b"[]", "SerializationError"),
        ("other.json", b'{"schema_version": "9.0"}', "SerializationError"),
        ("binary.json", bytes(range(256)), "SerializationError"),
    ],
)
def test_a_saved_result_that_cannot_be_read_is_refused(
    tmp_path: Path, name: str, content: bytes | None, error: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    result = run("sample", tmp_path / name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"error ({error}): " in result.stderr


def test_where_results_cannot_be_saved_nothing_is_fitted(tmp_path: Path, csv: Path) -> None:
    for path in (tmp_path / "fit.xlsx", tmp_path / "nowhere" / "fit.json"):
        result = run("fit", csv, "--column", "cost", "--save", path)
        assert result.exit_code == 2
        assert result.stderr.startswith("error (SerializationError): ")


def test_families_are_listed_with_what_is_off_and_why() -> None:
    shown = run("families").stdout
    on = len(warmfit.DistributionRegistry.ALL_DISTRIBUTIONS) - len(warmfit.DEFAULT_EXCLUDED_DISTRIBUTIONS)
    assert f"{on} continuous families" in shown
    assert f"{len(warmfit.DiscreteDistributionRegistry().get_distributions())} discrete families" in shown
    assert re.search(r"poisson +│ mu, loc +│ \w+ +│ on", shown)
    assert re.search(r"gamma +│ a, loc, scale +│ \w+ +│ on", shown)
    everything = run("families", "--all").stdout
    for name in warmfit.DEFAULT_EXCLUDED_DISTRIBUTIONS:
        assert not re.search(rf"│ {name} ", shown)
        assert re.search(rf"│ {name} .*│ off +│ \w", everything)


def test_one_family_is_shown_and_an_unknown_one_refused() -> None:
    assert re.search(r"chi2 +│ df, loc, scale .*│ gamma", run("families", "chi2").stdout)
    result = run("families", "gama")
    assert result.exit_code == 2
    assert "error (UnknownDistribution): unknown distribution 'gama': did you mean gamma" in result.stderr


def test_the_demo_ranks_a_column_draws_from_the_best_and_tells_the_python(tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    path.write_text("x\n" + "\n".join(map(str, VALUES[:8])))
    result = run("demo", "--column-file", path)
    assert result.exit_code == 0
    assert "8 rows, 0 missing" in result.stdout
    assert re.search(r"5 samples from \w+, seed 0:\n(    -?\d\S*\n){5}", result.stdout)
    hint = result.stdout.partition("The same in Python:")[2]
    code = "\n".join(line.strip() for line in hint.splitlines())
    assert "best.sample(5, random_state=0)" in code
    compile(code, "hint", "exec")


def test_the_bundled_column_is_the_one_of_the_tests() -> None:
    bundled = Path(warmfit.__file__).parent / "data" / "danish.csv"
    assert bundled.read_bytes() == (Path(__file__).parents[1] / "data" / "danish.csv").read_bytes()


@pytest.mark.parametrize("command", ["fit", "sample", "families", "demo", ""])
def test_every_command_has_help(command: str) -> None:
    result = run(*([command] if command else []), "--help")
    assert result.exit_code == 0
    assert "Usage: warmfit" in result.stdout or "Usage: " in result.stdout


def test_the_version_is_printed() -> None:
    assert run("--version").stdout == f"warmfit {warmfit.__version__}\n"


def test_an_error_is_one_line_however_long_and_red_on_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"a_rather_long_name_{i}" for i in range(12)) + "\n" + ",".join("1" * 12))
    result = CliRunner().invoke(app, ["fit", str(path), "--column", "b"], env={"FORCE_COLOR": "1", "COLUMNS": "60"})
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("\x1b[31m")


def test_usage_errors_have_the_same_exit_code() -> None:
    assert run("fit").exit_code == 2
    assert run("fit", "x.csv", "--top", "none").exit_code == 2
    assert run("nothing").exit_code == 2


def test_ctrl_c_ends_with_130_and_a_line(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    np.savetxt(path, np.random.default_rng(1).gamma(2.0, size=20_000), header="x", comments="")
    command = [sys.executable, "-c", "from warmfit.cli import main; main()", "fit", str(path), "--workers", "1"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        interrupted = time.monotonic()
        out, err = process.communicate(timeout=60)
    assert first.startswith("Fitting: ")
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "interrupted"
    assert time.monotonic() - interrupted < 10


@pytest.mark.parametrize("seconds", [0.05, 0.2, 0.4])
def test_ctrl_c_while_the_program_starts_ends_with_130_and_a_line(seconds: float) -> None:
    code = "import sys; print(flush=True); from warmfit.cli import main; main()"
    command = [sys.executable, "-c", code, "fit", "gone.csv"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) in ((130, "interrupted\n"), (2, "error (InvalidInput): gone.csv: no such file\n"))


def test_the_entry_point_imports_nothing_that_takes_long() -> None:
    code = "import sys, warmfit.cli; print([m for m in ('numpy', 'scipy', 'pandas', 'typer') if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data.parquet"
    path.write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = run("fit", path)
    assert result.exit_code == 2
    assert "pip install 'warmfit[arrow]'" in result.stderr


def test_a_compressed_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(gzip.compress(b"x\n" + b"1.25\n" * 10_000)[:-20])
    result = run("fit", path)
    assert result.exit_code == 2
    assert "error (InvalidInput): " in result.stderr


def test_samples_are_finite_numbers_one_a_line(single: Path) -> None:
    lines = run("sample", single, "--distribution", "gamma").stdout.splitlines()
    assert len(lines) == 10
    assert all(math.isfinite(float(line)) for line in lines)


def test_the_help_of_a_command_that_is_not_installed_says_what_to_install() -> None:
    from warmfit.cli.plugins import _missing

    other = typer.Typer(rich_markup_mode=app.rich_markup_mode)
    other.command("serve")(_missing("serve", ImportError("no such module")))
    other.command("other")(lambda: None)
    assert "pip install 'warmfit[server]'" in CliRunner().invoke(other, ["--help"], env={"COLUMNS": "200"}).stdout


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_the_best_fit_is_drawn_into_a_file(csv: Path, tmp_path: Path, suffix: str) -> None:
    picture = tmp_path / f"fit{suffix}"
    assert run("fit", csv, "--column", "cost", "--include", "norm", "--plot", picture).exit_code == 0
    assert picture.stat().st_size > 10_000


def test_a_picture_that_cannot_be_drawn_is_refused_before_anything_is_fitted(csv: Path, tmp_path: Path) -> None:
    for arguments, said in (
        (["--plot", tmp_path / "fit.gif"], "expected a name that ends in .png, .pdf or .svg"),
        (["--plot", tmp_path / "none" / "fit.png"], "there is no folder"),
        (["--plot", tmp_path / "fit.png", "--by", "name"], "--by makes many"),
    ):
        result = run("fit", csv, "--column", "cost", *arguments)
        assert result.exit_code == 2
        assert said in " ".join(result.stderr.split())
        assert "Fitting" not in result.stderr


def test_a_tenth_of_a_large_criterion_is_shown() -> None:
    from warmfit.cli.tables import _number

    assert [_number(value) for value in (297219.4556, 1.5, -148594.87, math.nan)] == [
        "297219.5",
        "1.5",
        "-148594.9",
        "",
    ]
