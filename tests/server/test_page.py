"""The HTTP door: who may ask what of it, what it makes of files, and that it answers what gRPC does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pandas as pd
import pytest
from google.protobuf import json_format
from tests.conftest import COLUMNS, DATA
from tests.server.conftest import Gateway, free_port, running
from tests.server.page import Answer, ask, behind_tokens, over_http
from tests.server.test_access import SCOPES_OF, TOKENS

from warmfit.summaries import summarize
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.summary import summarize_values
from warmfit_proto import codec
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_proto.v1 import fitting_pb2_grpc
from warmfit_server.access import SCOPES, Scope
from warmfit_server.page.csv_file import summarize_csv
from warmfit_server.page.door import METHODS

MOST = 1 << 20  # bytes of a file or message here
VALUES = [1.0, 2.0, 4.0, 9.0, 3.5, 2.2]
TASK = {"inline": {"name": "x", "values": {"values": VALUES}}, "spec": {"families": ["norm", "gamma"]}}
CSV = b"city,amount,count\nParis,1.5,3\nRome,2.5,4\nOslo,,9\n"
REQUESTS: dict[str, dict[str, Any]] = {
    "FitStream": {"tasks": [TASK]},
    "Evaluate": {"distribution": {"name": "norm", "parameters": [0, 1]}, "function": "FUNCTION_PDF", "points": [0]},
    "GetDataset": {"name": "kept", "with_summaries": True},
}


@pytest.fixture(scope="module")
def open_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("open")
    with running(folder, http_port=free_port(), max_message_bytes=MOST) as gateway, over_http(gateway):
        yield gateway


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with behind_tokens(tmp_path_factory.mktemp("locked")) as gateway:
        yield gateway


def call(gateway: Gateway, name: str, who: str = "", **headers: str) -> Answer:
    token = {"authorization": f"Bearer {TOKENS[who]}"} if who and TOKENS[who] else {}
    port = gateway.settings.http_port
    if name == "SummarizeFile":
        return ask(port, "/v1/SummarizeFile?name=a.csv", CSV, content_type="text/csv", **token, **headers)
    return ask(port, f"/v1/{name}", REQUESTS.get(name, {}), **token, **headers)


def upload(gateway: Gateway, content: bytes, name: str = "a.csv") -> Answer:
    return ask(gateway.settings.http_port, f"/v1/SummarizeFile?name={name}", content, content_type="text/csv")


# ---- who may ask


@pytest.mark.parametrize("who", ["nobody", "expired", "unknown"])
def test_without_a_valid_token_every_call_is_refused(locked: Gateway, who: str) -> None:
    for name in (*METHODS, "Fit", "NoSuchMethod"):
        answer = call(locked, name, who)
        assert (answer.status, answer.reason) == (401, "Unauthenticated"), name
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("who", ["reader", "fitter", "writer", "admin"])
def test_a_token_allows_what_its_scopes_do_and_nothing_else(locked: Gateway, who: str) -> None:
    for name, method in METHODS.items():
        answer = call(locked, name, who)
        if {SCOPES[method], Scope.ADMIN} & {Scope(scope) for scope in SCOPES_OF[who]}:
            assert answer.status == (404 if name == "GetDataset" else 200), name
        else:
            assert (answer.status, answer.reason) == (403, "PermissionDenied"), name


def test_methods_that_the_page_does_not_need_are_not_called_by_http(locked: Gateway) -> None:
    for name in ("DeleteDataset", "RegisterDataset", "Sample", "NoSuchMethod"):
        assert call(locked, name, "admin").status in (400, 404), name


def test_the_caches_are_told_to_administrators_alone(locked: Gateway) -> None:
    assert {cache["name"] for cache in call(locked, "GetServerInfo", "admin").json["load"]["caches"]} == {
        "answers", "summaries", "rows",
    }  # fmt: skip
    assert "load" not in call(locked, "GetServerInfo", "reader").json


def test_another_site_cannot_have_a_browser_call_even_where_no_token_is_needed(open_door: Gateway) -> None:
    port = open_door.settings.http_port
    assert call(open_door, "GetServerInfo", origin=f"http://127.0.0.1:{port}").status == 200
    assert call(open_door, "GetServerInfo", host=f"localhost:{port}").status == 200
    for headers in (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"host": "evil.example"},  # a name that was made to lead here
    ):
        assert call(open_door, "GetServerInfo", **headers).status == 403, headers
    form = ask(port, "/v1/FitStream", b'{"tasks":[]}', content_type="text/plain")  # what a form can send
    assert (form.status, form.reason) == (400, "InvalidInput")


# ---- the files of the page


def test_the_page_is_told_to_anyone_and_says_nothing_of_the_service(locked: Gateway) -> None:
    answer = ask(locked.settings.http_port, "/")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    again = ask(locked.settings.http_port, "/", if_none_match=answer.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert ask(locked.settings.http_port, "/../settings.py").status == 404


def test_the_page_loads_nothing_from_elsewhere() -> None:
    from importlib import resources

    for file in (resources.files("warmfit_server.page") / "shell").iterdir():
        text = file.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text, file.name
        assert "https://" not in text, file.name
        assert "innerHTML" not in text, file.name


def test_without_the_page_there_is_neither_page_nor_door(tmp_path: Path) -> None:
    with running(tmp_path, page=False, http_port=free_port()) as gateway, over_http(gateway):
        assert ask(gateway.settings.http_port, "/").status == 404
        assert ask(gateway.settings.http_port, "/v1/GetServerInfo", {}).status == 404


# ---- the same answers


def test_a_fit_by_http_has_the_rows_of_the_fit_by_grpc_to_the_last_digit(open_door: Gateway) -> None:
    lines = call(open_door, "FitStream").lines
    told = [json_format.ParseDict(line, pb.FitEvent()) for line in lines]
    assert told[-1].complete.n_rows == 2
    with grpc.insecure_channel(open_door.address) as channel:
        column = pb.Column(name="x", values=pb.ColumnValues(values=VALUES))
        task = pb.FitTask(inline=column, spec=pb.FitSpec(families=["norm", "gamma"]))
        table = fitting_pb2_grpc.FittingServiceStub(channel).Fit(pb.FitRequest(tasks=[task])).tables[0]
    expected = {row.distribution: row for row in codec.table_from_wire(table)}
    given = {row.distribution: row for event in told[:-1] for row in codec.table_from_wire(event.finished.table)}
    for name, row in expected.items():
        assert given[name].parameters == row.parameters
        assert (given[name].bic, given[name].ad_statistic) == (row.bic, row.ad_statistic)


def test_errors_say_class_and_field_as_they_do_by_grpc(open_door: Gateway) -> None:
    port = open_door.settings.http_port
    answer = ask(port, "/v1/FitStream", {"tasks": [{**TASK, "spec": {"families": ["nrom"]}}]})
    assert (answer.status, answer.reason) == (400, "UnknownDistribution")
    assert answer.json["error"]["field"] == "tasks[0].spec.families"
    assert ask(port, "/v1/FitStream", {"tasks": [{**TASK, "sepc": {}}]}).reason == "InvalidInput"
    assert ask(port, "/v1/Evaluate", b"[" * 100_000, content_type="application/json").reason == "InvalidInput"
    assert ask(port, "/v1/GetDataset", {"name": "nothing"}).status == 404


def test_calls_by_http_are_counted_with_those_by_grpc(open_door: Gateway) -> None:
    assert int(call(open_door, "GetServerInfo").json["calls"]) == 1  # itself
    until = time.monotonic() + 5
    while open_door.server.calls.open and time.monotonic() < until:
        time.sleep(0.01)
    assert open_door.server.calls.open == 0


def test_a_draining_gateway_refuses_calls_by_http(tmp_path: Path) -> None:
    with running(tmp_path, http_port=free_port()) as gateway, over_http(gateway):
        gateway.server.calls.draining = True
        assert call(gateway, "FitStream").status == 503
        assert call(gateway, "SummarizeFile").status == 503


# ---- files


def test_a_file_is_told_by_its_columns_and_why_others_are_left_out(open_door: Gateway) -> None:
    answer = upload(open_door, CSV).json
    assert answer["rows"] == 3
    columns = {column["name"]: column for column in answer["dataset"]["columns"]}
    assert columns["amount"]["fingerprint"] == summarize_values(np.array([1.5, 2.5, np.nan])).fingerprint
    assert (columns["amount"]["n"], columns["amount"]["n_missing"]) == ("2", "1")
    assert answer["left_out"] == [
        {"name": "city", "reason": "holds text, 'Paris' as in its first row; expected numbers"}
    ]


def test_nothing_of_a_file_is_kept(open_door: Gateway) -> None:
    before = call(open_door, "GetServerInfo").json["load"]["caches"]
    (column,) = upload(open_door, b"secret\n1.25\n7.5\n11.75\n").json["dataset"]["columns"]
    assert call(open_door, "GetServerInfo").json["load"]["caches"] == before
    fit = ask(open_door.settings.http_port, "/v1/FitStream", {"tasks": [{"fingerprint": column["fingerprint"]}]})
    assert fit.status == 404
    assert call(open_door, "ListDatasets").json["datasets"] == []
    assert not [path for path in open_door.settings.data_dir.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"a,b\n", "no rows"),
        (b"city\nParis\nRome\n", "no column of the file can be fitted"),
        (b"a\n1\n2\nthree\n", "'three' in row 3"),
        (b"a\n1;5\n", "holds text"),
        (b"a;b\n1;5\n", "looks separated by ';'"),
        (b'a\n"1,5"\n', "write them with a point"),
        (b"a,b\n1,2\n1,2,3\n", "cannot be read as CSV"),
        (b"a,a\n1,2\n", "two columns are called 'a'"),
        (b"a\ntrue\nfalse\n", "truth values"),
        (b"a\n1\ninf\n", "inf"),
        (b"a\n\x00\x01", "binary"),
        (b"a\n\xff\xfe1\n", "UTF-8"),
        (",".join(f"c{j}" for j in range(201)).encode() + b"\n" + b"1," * 200 + b"1\n", "201 columns"),
        (b"a\n" + b"1\n" * MOST, "larger than"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_a_file_that_cannot_be_used_is_refused_with_what_is_wrong(
    open_door: Gateway, content: bytes, told: str
) -> None:
    answer = upload(open_door, content)
    assert (answer.status, answer.reason) == (400, "InvalidInput")
    assert told in answer.json["error"]["message"]


def test_a_file_without_an_announced_length_is_held_to_the_limit_as_well(open_door: Gateway) -> None:
    headers = {"content_type": "text/csv", "transfer_encoding": "chunked"}
    chunks = b"10000\r\n" + b"1\n" * 0x8000 + b"\r\n"
    answer = ask(open_door.settings.http_port, "/v1/SummarizeFile", chunks * 17 + b"0\r\n\r\n", **headers)
    assert "larger than" in answer.json["error"]["message"]


FILES = [
    b"1.5\n2.5\n3\n",
    b"value\n1.5\n\n2.5\n\n",
    b"\xef\xbb\xbfa,b\n1,2\n3,4\n",
    b"1,2\n3,4\n",
    b"a, b \n 1.25,2\n3,4e2\n",
    b"a,b\r\n1,\r\nNA,4\r\n",
    b'"a, b",c\n1,2\n',
]


@pytest.mark.parametrize(
    "content",
    [*FILES, *((DATA / f"{name}.csv").read_bytes() for name in COLUMNS)],
    ids=range(len(FILES) + len(COLUMNS)),
)
def test_a_file_is_read_as_the_sdk_reads_it(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(content)
    found = summarize_csv(content, file.name).columns
    expected = summarize(str(file), list(found))
    assert {name: s.fingerprint for name, s in found.items()} == {n: s.fingerprint for n, s in expected.items()}


def test_a_file_separated_by_tabs_is_known_by_its_name() -> None:
    assert list(summarize_csv(b"a\tb\n1\t2\n", "A.TSV").columns) == ["a", "b"]
    with pytest.raises(InvalidInput, match="looks separated"):
        summarize_csv(b"a\tb\n1\t2\n", "a.csv")


def test_a_large_column_is_summarized_in_bins_as_the_sdk_does(open_door: Gateway) -> None:
    values = np.random.default_rng(3).gamma(2.0, size=20_000)
    (column,) = upload(open_door, pd.DataFrame({"x": values}).to_csv(index=False).encode()).json["dataset"]["columns"]
    assert not column["exact"]
    assert column["fingerprint"] == summarize_values(values).fingerprint
    task = {"inline": {"name": "x", "summary": column["summary"]}, "spec": {"families": ["gamma"]}}
    first, last = ask(open_door.settings.http_port, "/v1/FitStream", {"tasks": [task]}).lines
    assert first["finished"]["table"]["status"] == ["STATUS_OK"]
    assert last["complete"]["n_rows"] == 1
