"""The custom resources that the manifests use, field by field, unknown ones refused.

The fields are those of the API references: KubeRay 1.6 (RayService), Gateway API 1.2, cert-manager 1.16, Prometheus
operator 0.80. Only what the manifests may say is written down; pods inside a RayService are checked as pods.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1)]
Dns = Annotated[str, Field(pattern=r"^[a-z0-9*]([-a-z0-9.]*[a-z0-9])?$")]
Port = Annotated[int, Field(ge=1, le=65535)]
Duration = Annotated[str, Field(pattern=r"^([0-9]+(ms|s|m|h|d))+$")]
Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|k|M|G|Ki|Mi|Gi)?$")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Metadata(Strict):
    name: Dns
    namespace: Dns | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


# ---- ray.io/v1


class SecretKey(Strict):
    name: Dns
    key: Text


class ValueFrom(Strict):
    secretKeyRef: SecretKey


class Credential(Strict):
    valueFrom: ValueFrom


class FaultTolerance(Strict):
    redisAddress: Annotated[str, Field(pattern=r"^[a-z0-9.-]+:[0-9]+$")]
    redisPassword: Credential | None = None
    redisUsername: Credential | None = None
    externalStorageNamespace: str | None = None


class Amounts(Strict):
    cpu: Quantity
    memory: Quantity


class Resources(Strict):
    requests: Amounts
    limits: Amounts


class Autoscaler(Strict):
    version: Literal["v1", "v2"]
    idleTimeoutSeconds: int | None = None
    upscalingMode: Literal["Default", "Aggressive", "Conservative"] | None = None
    resources: Resources | None = None
    securityContext: dict[str, Any] | None = None


class AuthOptions(Strict):
    mode: Literal["disabled", "token"]
    secretName: Dns | None = None


class PodTemplate(Strict):
    metadata: dict[str, Any]
    spec: dict[str, Any]


class HeadGroup(Strict):
    rayStartParams: dict[str, str]
    template: PodTemplate


class WorkerGroup(HeadGroup):
    groupName: Dns
    replicas: int
    minReplicas: int
    maxReplicas: int
    idleTimeoutSeconds: int | None = None


class RayCluster(Strict):
    rayVersion: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    authOptions: AuthOptions
    enableInTreeAutoscaling: bool = False
    autoscalerOptions: Autoscaler | None = None
    gcsFaultToleranceOptions: FaultTolerance | None = None
    headGroupSpec: HeadGroup
    workerGroupSpecs: list[WorkerGroup]


class UpgradeStrategy(Strict):
    type: Literal["NewCluster", "NewClusterWithIncrementalUpgrade", "None"]


class RayServiceSpec(Strict):
    serveConfigV2: str
    excludeHeadPodFromServeSvc: bool
    rayClusterDeletionDelaySeconds: int
    upgradeStrategy: UpgradeStrategy
    rayClusterConfig: RayCluster


class RayService(Strict):
    apiVersion: Literal["ray.io/v1"]
    kind: Literal["RayService"]
    metadata: Metadata
    spec: RayServiceSpec


# ---- gateway.networking.k8s.io/v1


class CertificateRef(Strict):
    kind: Literal["Secret"]
    name: Dns


class ListenerTls(Strict):
    mode: Literal["Terminate"]
    certificateRefs: list[CertificateRef]


class RouteNamespaces(Strict):
    from_: Literal["Same", "All", "Selector"] = Field(alias="from")


class AllowedRoutes(Strict):
    namespaces: RouteNamespaces


class Listener(Strict):
    name: Dns
    hostname: Dns
    port: Port
    protocol: Literal["HTTPS"]
    tls: ListenerTls
    allowedRoutes: AllowedRoutes


class GatewaySpec(Strict):
    gatewayClassName: Dns
    listeners: Annotated[list[Listener], Field(min_length=1)]


class Gateway(Strict):
    apiVersion: Literal["gateway.networking.k8s.io/v1"]
    kind: Literal["Gateway"]
    metadata: Metadata
    spec: GatewaySpec


class Method(Strict):
    type: Literal["Exact", "RegularExpression"]
    service: Text
    method: Text | None = None


class Match(Strict):
    method: Method


class Backend(Strict):
    name: Dns
    port: Port


class Rule(Strict):
    matches: Annotated[list[Match], Field(min_length=1)]
    backendRefs: Annotated[list[Backend], Field(min_length=1)]


class Parent(Strict):
    name: Dns
    sectionName: Dns


class GrpcRouteSpec(Strict):
    parentRefs: Annotated[list[Parent], Field(min_length=1)]
    hostnames: list[Dns]
    rules: list[Rule]


class GrpcRoute(Strict):
    apiVersion: Literal["gateway.networking.k8s.io/v1"]
    kind: Literal["GRPCRoute"]
    metadata: Metadata
    spec: GrpcRouteSpec


class HttpRule(Strict):
    backendRefs: Annotated[list[Backend], Field(min_length=1)]


class HttpRouteSpec(Strict):
    parentRefs: Annotated[list[Parent], Field(min_length=1)]
    hostnames: list[Dns]
    rules: list[HttpRule]


class HttpRoute(Strict):
    apiVersion: Literal["gateway.networking.k8s.io/v1"]
    kind: Literal["HTTPRoute"]
    metadata: Metadata
    spec: HttpRouteSpec


# ---- cert-manager.io/v1


class Issuer(Strict):
    group: Literal["cert-manager.io"]
    kind: Literal["Issuer", "ClusterIssuer"]
    name: Dns


class PrivateKey(Strict):
    algorithm: Literal["RSA", "ECDSA", "Ed25519"]
    size: int
    rotationPolicy: Literal["Always", "Never"]


class CertificateSpec(Strict):
    secretName: Dns
    dnsNames: Annotated[list[Dns], Field(min_length=1)]
    issuerRef: Issuer
    privateKey: PrivateKey
    duration: Duration | None = None
    renewBefore: Duration | None = None


class Certificate(Strict):
    apiVersion: Literal["cert-manager.io/v1"]
    kind: Literal["Certificate"]
    metadata: Metadata
    spec: CertificateSpec


# ---- monitoring.coreos.com/v1


class Selector(Strict):
    matchLabels: dict[str, str]


class MetricsEndpoint(Strict):
    port: Dns
    path: Annotated[str, Field(pattern="^/")]
    interval: Duration


class PodMonitorSpec(Strict):
    selector: Selector
    podMetricsEndpoints: Annotated[list[MetricsEndpoint], Field(min_length=1)]


class PodMonitor(Strict):
    apiVersion: Literal["monitoring.coreos.com/v1"]
    kind: Literal["PodMonitor"]
    metadata: Metadata
    spec: PodMonitorSpec


class AlertRule(Strict):
    alert: Annotated[str, Field(pattern="^[A-Z][A-Za-z]+$")]
    expr: Text
    for_: Duration | None = Field(alias="for", default=None)
    labels: dict[str, str]
    annotations: dict[str, str]


class RuleGroup(Strict):
    name: Text
    rules: Annotated[list[AlertRule], Field(min_length=1)]


class RuleSpec(Strict):
    groups: list[RuleGroup]


class PrometheusRule(Strict):
    apiVersion: Literal["monitoring.coreos.com/v1"]
    kind: Literal["PrometheusRule"]
    metadata: Metadata
    spec: RuleSpec


CUSTOM: dict[str, type[Strict]] = {
    "RayService": RayService,
    "Gateway": Gateway,
    "GRPCRoute": GrpcRoute,
    "HTTPRoute": HttpRoute,
    "Certificate": Certificate,
    "PodMonitor": PodMonitor,
    "PrometheusRule": PrometheusRule,
}
