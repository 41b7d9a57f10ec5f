"""The dashboard and the alert rules speak of metrics and labels that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from warmfit_server.calls import Calls
from warmfit_server.metrics import GATEWAY, WORKER, Metric

FOLDER = Path(__file__).parents[1] / "k8s" / "grafana"
METRICS = {metric.name: metric for metric in (*GATEWAY, *WORKER)}


def dashboard() -> dict[str, Any]:
    return json.loads((FOLDER / "warmfit.json").read_text())


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((FOLDER / "alerts.yaml").read_text())
    assert document["kind"] == "PrometheusRule"
    return [rule for group in document["spec"]["groups"] for rule in group["rules"]]


def expressions() -> Iterator[str]:
    for panel in dashboard()["panels"]:
        yield from (target["expr"] for target in panel.get("targets", []))
    yield from (rule["expr"] for rule in rules())


def metric_of(name: str) -> Metric:
    bare = name.removeprefix("ray_")
    for suffix in ("_bucket", "_sum", "_count"):
        base = METRICS.get(bare.removesuffix(suffix))
        if bare.endswith(suffix) and base is not None and base.kind == "histogram":
            return base
    return METRICS[bare]


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_every_metric_and_every_label_that_is_shown_exists(expression: str) -> None:
    found = re.findall(r"(ray_\w+)(?:\{([^}]*)\})?", expression)
    assert found
    labels = {"le"}
    for name, selected in found:
        metric = metric_of(name)
        assert set(re.findall(r"(\w+)\s*[=!]", selected)) <= set(metric.labels), name
        assert ("rate(" in expression) >= (metric.kind != "gauge"), f"{name} only ever grows"
        labels |= set(metric.labels)
    grouped = {label for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(", ")}
    assert grouped <= labels
    assert expression.count("(") == expression.count(")")


def test_every_metric_is_shown_somewhere() -> None:
    shown = {metric_of(name).name for text in expressions() for name in re.findall(r"ray_\w+", text)}
    assert shown == set(METRICS)


def test_panels_have_numbers_places_and_a_source_of_their_own() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        own = {(place["x"] + i, place["y"] + j) for i in range(place["w"]) for j in range(place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not own & cells, panel["title"]
        cells |= own
        for target in panel.get("targets", []):
            assert target["datasource"]["uid"] == "${datasource}"


def test_alerts_have_a_name_a_severity_and_words() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names) >= 8
    for rule in rules():
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"].keys() == {"summary", "description"}
        assert re.fullmatch(r"\d+m", rule["for"])


def test_reasons_that_are_asked_for_are_reasons_that_are_counted() -> None:
    import inspect

    from warmfit_server import guard

    counted = inspect.getsource(Calls) + inspect.getsource(guard)
    for text in expressions():
        for reason in re.findall(r'reason="(\w+)"', text):
            assert f'"{reason}"' in counted
