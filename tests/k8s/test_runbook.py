"""The runbook speaks of the alerts, settings and objects that there are."""

from __future__ import annotations

import re

import yaml
from tests.k8s.conftest import ROOT, rendered

from warmfit_server.settings import Settings

TEXT = (ROOT / "docs" / "kubernetes.md").read_text()


def test_every_alert_has_its_line_in_the_order_of_the_file() -> None:
    rules = yaml.safe_load((ROOT / "k8s" / "grafana" / "alerts.yaml").read_text())["spec"]["groups"][0]["rules"]
    told = re.findall(r"^\| `(Warmfit\w+)` \|", TEXT, re.MULTILINE)
    assert told == [rule["alert"] for rule in rules]


def test_the_overlay_of_ones_own_patches_what_is_there() -> None:
    (block,) = re.findall(r"^   ```yaml\n(.*?)^   ```", TEXT, re.MULTILINE | re.DOTALL)
    kinds = {document["kind"]: document for document in yaml.safe_load_all(rendered("prod"))}
    for patch in yaml.safe_load(block)["patches"]:
        for change in yaml.safe_load(patch["patch"]):
            place = kinds[patch["target"]["kind"]]
            *steps, last = change["path"].strip("/").split("/")
            for step in steps:
                place = place[int(step) if step.isdigit() else step]
            if change["op"] == "replace":
                assert (place[int(last)] if last.isdigit() else place[last]) is not None


def test_settings_that_it_names_are_settings() -> None:
    for name in ("workers", "gateways", "max_connection_age", "tokens_refresh", "tls_cert", "tls_key"):
        assert f"`{name}`" in TEXT
        assert name in Settings.model_fields
