"""Every check that manifests go through: each returns what it found wrong, in words."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

import yaml
from pydantic import ValidationError
from tests.k8s.kinds import CUSTOM

Document = dict[str, Any]
KUBERNETES = "1.33"
ACCESS_MODES = {"ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany"}
METRICS_PORT = 8080  # where Ray's agent tells metrics


def problems(text: str) -> list[str]:
    """What is wrong with rendered manifests; empty where nothing is."""
    try:
        documents = list(yaml.load_all(text, Loader=yaml.CSafeLoader))  # the safe loader, in C
    except yaml.YAMLError as error:
        return [f"no YAML: {error}"]
    shapes = [found for document in documents for found in shape_problems(document)]
    return shapes or list(serve_problems(documents)) or [*pod_problems(documents), *reference_problems(documents)]


def shape_problems(document: Document) -> Iterator[str]:
    """Unknown fields, missing ones, values of the wrong type."""
    kind = document["kind"]
    if kind not in CUSTOM:
        yield from _built_in_problems(document)
        return
    try:
        CUSTOM[kind].model_validate(document)
    except ValidationError as error:
        yield from (f"{kind}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        return
    if kind == "RayService":
        for group in groups(document):
            pod = {"apiVersion": "v1", "kind": "Pod", **group["template"]}
            pod["metadata"] = {"name": "pod", **pod["metadata"]}
            yield from _built_in_problems(pod)


def _built_in_problems(document: Document) -> Iterator[str]:
    validate, refused, unknown = _validator()
    try:
        validate(document, KUBERNETES, strict=True)
    except refused as error:
        yield f"{document['kind']}: {list(error.path)}: {error.message[:200]}"
    except unknown as error:
        yield f"{document['kind']}: {error.message}"


@cache
def _validator() -> tuple[Any, Any, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = import_module("kubernetes_validate")
    return module.validate, module.ValidationError, module.SchemaNotFoundError


def ray_service(documents: list[Document]) -> Document:
    """The one RayService."""
    (found,) = [document for document in documents if document["kind"] == "RayService"]
    return found


def groups(service: Document) -> list[Document]:
    """The head and the worker groups."""
    cluster = service["spec"]["rayClusterConfig"]
    return [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]


def named(documents: list[Document], kind: str) -> dict[str, Document]:
    """The documents of a kind by name."""
    return {document["metadata"]["name"]: document for document in documents if document["kind"] == kind}


def serve_config(service: Document) -> Document:
    """The Serve configuration as it stands."""
    return dict(yaml.safe_load(service["spec"]["serveConfigV2"]))


def serve_problems(documents: list[Document]) -> Iterator[str]:
    """Keys that Ray would drop without a word, an application that cannot be imported, settings that are none."""
    from ray.serve.schema import ServeDeploySchema

    from warmfit_server.settings import Settings

    service = ray_service(documents)
    written = serve_config(service)
    try:
        kept = ServeDeploySchema.model_validate(written).model_dump(exclude_unset=True)
    except ValidationError as error:
        yield f"serveConfigV2: {error}"
        return
    lost = list(_lost(written, kept, "serveConfigV2"))
    yield from lost
    (application,) = written["applications"]
    module, _, attribute = application["import_path"].partition(":")
    try:
        getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        yield f"import_path: {error}"
    try:
        settings = Settings.load(**application["args"])
    except ValidationError as error:
        yield f"args: {error}"
        return
    yield from _deployment_problems(application, settings, service)


def _lost(written: Any, kept: Any, place: str) -> Iterator[str]:
    if isinstance(written, dict):
        for key, value in written.items():
            if not isinstance(kept, dict) or key not in kept:
                yield f"{place}.{key}: no such field"
            else:
                yield from _lost(value, kept[key], f"{place}.{key}")
    elif isinstance(written, list):
        for number, value in enumerate(written):
            yield from _lost(value, kept[number], f"{place}[{number}]")


def _deployment_problems(application: Document, settings: Any, service: Document) -> Iterator[str]:
    from ray.serve.config import AutoscalingConfig

    deployments = {deployment["name"]: deployment for deployment in application["deployments"]}
    if set(deployments) != {"FitGateway", "FitWorker"}:
        yield f"deployments: {sorted(deployments)}; there are FitGateway and FitWorker"
        return
    by_name = {group["groupName"]: group for group in service["spec"]["rayClusterConfig"]["workerGroupSpecs"]}
    for name, group, size in (("FitGateway", "gateway", settings.gateways), ("FitWorker", "worker", settings.workers)):
        if deployments[name]["ray_actor_options"].get("resources") != {group: 1}:
            yield f"{name} is not pinned to the pods of {group}, one each"
        if group not in by_name or f'"{group}' not in by_name[group]["rayStartParams"]["resources"].replace("\\", ""):
            yield f"no group of pods has the resource {group}"
            continue
        scaling = deployments[name].get("autoscaling_config", {})
        yield from (
            f"autoscaling_config.{key}: no such field" for key in scaling if key not in AutoscalingConfig.model_fields
        )
        least, most = scaling.get("min_replicas", size), scaling.get("max_replicas", size)
        if most != size:
            yield f"{name}: the settings say {size} and autoscaling at most {most}"
        now, room = by_name[group]["replicas"], by_name[group]["maxReplicas"]
        if not least <= now <= room or room < most:
            yield f"{name} needs {least} to {most} pods of {group}, which has {now} to {room}"


def pod_problems(documents: list[Document]) -> Iterator[str]:
    """Pods that run as root, write to their image, have no limits, or tell their health on a port that is none."""
    service = ray_service(documents)
    args = serve_config(service)["applications"][0]["args"]
    for group in groups(service):
        name, pod = group.get("groupName", "head"), group["template"]["spec"]
        (container,) = pod["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        if mounted != {volume["name"] for volume in pod["volumes"]}:
            yield f"{name}: volumes and mounts differ"
        yield from _privilege_problems(name, pod, container)
        if ports.get("metrics") != METRICS_PORT:
            yield f"{name}: metrics are told on {METRICS_PORT}"
        if name == "gateway":
            if ports.get("serve-grpc") != args["port"] or ports.get("health") != args["health_port"]:
                yield f"{name}: the ports are not those of the settings"
            if container["readinessProbe"].get("grpc", {}).get("port") != args["health_port"]:
                yield f"{name}: readiness is not asked on health_port"
            paths = [mount["mountPath"] for mount in container["volumeMounts"]]
            for setting in ("data_dir", "tokens_file"):
                if not any(args[setting].startswith(path) for path in paths):
                    yield f"{name}: {setting} {args[setting]} lies on no volume"
        if pod["terminationGracePeriodSeconds"] <= args["drain_timeout"] + 25:
            yield f"{name}: the grace period is shorter than the pause and the drain"


def _privilege_problems(name: str, pod: Document, container: Document) -> Iterator[str]:
    inside, outside = container["securityContext"], pod["securityContext"]
    wanted = {
        "runAsNonRoot": outside.get("runAsNonRoot") is True and outside.get("runAsUser", 0) > 0,
        "seccompProfile": outside.get("seccompProfile") == {"type": "RuntimeDefault"},
        "allowPrivilegeEscalation": inside.get("allowPrivilegeEscalation") is False,
        "readOnlyRootFilesystem": inside.get("readOnlyRootFilesystem") is True,
        "capabilities": inside.get("capabilities") == {"drop": ["ALL"]},
        "limits": set(container["resources"].get("limits", {})) == {"cpu", "memory"},
        "requests": set(container["resources"].get("requests", {})) == {"cpu", "memory"},
    }
    yield from (f"{name}: {what} is not as it should be" for what, holds in wanted.items() if not holds)


def reference_problems(documents: list[Document]) -> Iterator[str]:
    """Names that lead nowhere: of services, ports, volumes, accounts, labels."""
    service = ray_service(documents)
    pods = [group["template"] for group in groups(service)]
    pods += [document["spec"]["template"] for document in documents if document["kind"] == "StatefulSet"]
    ports = {port["name"] for pod in pods for c in pod["spec"]["containers"] for port in c["ports"]}
    yield from _selector_problems(documents, [pod["metadata"]["labels"] for pod in pods])
    for name, found in named(documents, "Service").items():
        if not {port["targetPort"] for port in found["spec"]["ports"]} <= ports:
            yield f"Service {name}: targetPort is the name of no port"
    for name, found in named(documents, "PodMonitor").items():
        if not {endpoint["port"] for endpoint in found["spec"]["podMetricsEndpoints"]} <= ports:
            yield f"PodMonitor {name}: port is the name of no port"
    for name, claim in named(documents, "PersistentVolumeClaim").items():
        if not set(claim["spec"]["accessModes"]) <= ACCESS_MODES:
            yield f"PersistentVolumeClaim {name}: accessModes {claim['spec']['accessModes']}"
    for group in groups(service):
        pod = group["template"]["spec"]
        if pod["serviceAccountName"] not in named(documents, "ServiceAccount"):
            yield f"no ServiceAccount {pod['serviceAccountName']}"
        claims = {v["persistentVolumeClaim"]["claimName"] for v in pod["volumes"] if "persistentVolumeClaim" in v}
        if not claims <= set(named(documents, "PersistentVolumeClaim")):
            yield f"no PersistentVolumeClaim {sorted(claims)}"
    yield from _route_problems(documents)


def _selector_problems(documents: list[Document], labels: list[dict[str, str]]) -> Iterator[str]:
    for document in documents:
        spec = document.get("spec", {})
        chosen = {
            "Service": lambda spec=spec: spec.get("selector"),
            "NetworkPolicy": lambda spec=spec: spec["podSelector"]["matchLabels"],
            "PodDisruptionBudget": lambda spec=spec: spec["selector"]["matchLabels"],
            "PodMonitor": lambda spec=spec: spec["selector"]["matchLabels"],
        }.get(document["kind"], lambda: None)()
        if chosen is not None and not any(chosen.items() <= have.items() for have in labels):
            yield f"{document['kind']} {document['metadata']['name']} selects no pod"


def _route_problems(documents: list[Document]) -> Iterator[str]:
    from grpc_health.v1 import health_pb2
    from grpc_reflection.v1alpha import reflection

    from warmfit_server.handlers import DESCRIPTOR

    health = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
    known = {DESCRIPTOR.full_name, health, reflection.SERVICE_NAME}
    services, certificates = named(documents, "Service"), named(documents, "Certificate")
    routes = [*named(documents, "GRPCRoute").values(), *named(documents, "HTTPRoute").values()]
    for route in routes:
        kind = route["kind"]
        (parent,) = route["spec"]["parentRefs"]
        gateway = named(documents, "Gateway").get(parent["name"])
        listeners = {} if gateway is None else {one["name"]: one for one in gateway["spec"]["listeners"]}
        if parent["sectionName"] not in listeners:
            yield f"{kind}: parentRefs name no listener"
            continue
        listener = listeners[parent["sectionName"]]
        if route["spec"]["hostnames"] != [listener["hostname"]]:
            yield f"{kind}: hostnames are not the listener's"
        secrets = {one["spec"]["secretName"]: one["spec"]["dnsNames"] for one in certificates.values()}
        for reference in listener["tls"]["certificateRefs"]:
            if listener["hostname"] not in secrets.get(reference["name"], []):
                yield "Gateway: no certificate for the listener's hostname"
        for rule in route["spec"]["rules"]:
            strange = {match["method"]["service"] for match in rule.get("matches", [])} - known
            if strange:
                yield f"GRPCRoute: no such service: {sorted(strange)}"
            for backend in rule["backendRefs"]:
                offered = services.get(backend["name"], {"spec": {"ports": []}})["spec"]["ports"]
                if backend["port"] not in {port["port"] for port in offered}:
                    yield f"{kind}: no port {backend['port']} at a Service {backend['name']}"
