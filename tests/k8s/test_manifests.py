"""What can be known of the manifests without a cluster. Admission, reconciliation and scheduling cannot."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from tests.k8s.checking import groups, named, problems, ray_service, serve_config
from tests.k8s.conftest import ROOT, rendered

OVERLAYS = ("dev", "prod")


def documents(overlay: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(rendered(overlay)))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_renders_without_any_problem(overlay: str) -> None:
    assert problems(rendered(overlay)) == []


def test_production_has_every_part_that_the_runbook_speaks_of() -> None:
    kinds = {document["kind"] for document in documents("prod")}
    assert kinds >= {
        *("RayService", "Service", "ServiceAccount", "PersistentVolumeClaim", "PodDisruptionBudget", "NetworkPolicy"),
        *(
            "PodMonitor",
            "PrometheusRule",
            "Gateway",
            "GRPCRoute",
            "HTTPRoute",
            "Certificate",
            "ConfigMap",
            "StatefulSet",
        ),
    }


def test_development_needs_nothing_installed_but_the_operator_of_ray() -> None:
    custom = {d["apiVersion"] for d in documents("dev") if "." in d["apiVersion"].partition("/")[0]}
    assert custom - {"networking.k8s.io/v1"} == {"ray.io/v1"}


def test_production_has_two_gateways_on_two_nodes_and_scales_its_workers() -> None:
    service = ray_service(documents("prod"))
    (application,) = serve_config(service)["applications"]
    gateways, workers = application["deployments"]
    assert application["args"]["gateways"] == 2
    assert gateways["max_replicas_per_node"] == 1
    assert workers["autoscaling_config"]["min_replicas"] < workers["autoscaling_config"]["max_replicas"]
    cluster = service["spec"]["rayClusterConfig"]
    assert cluster["enableInTreeAutoscaling"] is True
    assert cluster["autoscalerOptions"]["version"] == "v2"
    assert cluster["gcsFaultToleranceOptions"]["redisAddress"].partition(":")[0] in named(documents("prod"), "Service")


def test_only_the_head_where_it_scales_holds_a_token_of_the_cluster() -> None:
    for overlay, scales in (("dev", False), ("prod", True)):
        head, *others = (group["template"]["spec"] for group in groups(ray_service(documents(overlay))))
        assert head["automountServiceAccountToken"] is scales
        assert not any(pod["automountServiceAccountToken"] for pod in others)


def test_the_two_clusters_of_an_upgrade_share_the_volume_of_datasets() -> None:
    for overlay, upgrade, mode in (("dev", "None", "ReadWriteOnce"), ("prod", "NewCluster", "ReadWriteMany")):
        found = documents(overlay)
        assert ray_service(found)["spec"]["upgradeStrategy"]["type"] == upgrade
        assert named(found, "PersistentVolumeClaim")["warmfit-datasets"]["spec"]["accessModes"] == [mode]


def test_the_version_of_ray_is_that_of_the_constraints_and_the_image_that_of_the_package() -> None:
    pinned = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split("\n") if "==" in line)
    version = (ROOT / "pyproject.toml").read_text().partition('version = "')[2].partition('"')[0]
    for overlay in OVERLAYS:
        service = ray_service(documents(overlay))
        assert service["spec"]["rayClusterConfig"]["rayVersion"] == pinned["ray"]
        images = {group["template"]["spec"]["containers"][0]["image"] for group in groups(service)}
        assert images == {f"warmfit-server:{version}"}


def test_what_the_pods_are_told_is_the_application_itself() -> None:
    from warmfit_server.app import deployed

    (application,) = serve_config(ray_service(documents("prod")))["applications"]
    assert deployed(application["args"]) is not None


def test_a_setting_that_is_none_is_refused_when_the_application_is_built() -> None:
    from pydantic import ValidationError

    from warmfit_server.app import deployed

    with pytest.raises(ValidationError, match="drain_time"):
        deployed({"drain_time": 20})
