"""A deliberate typo, wherever it is made in the rendered manifests of production, is found."""

from __future__ import annotations

import pytest
from tests.k8s.checking import problems
from tests.k8s.conftest import rendered

TYPOS = [
    ("excludeHeadPodFromServeSvc", "excludeHeadPodFromServeService"),
    ("readOnlyRootFilesystem: true", "readOnlyRootFileSystem: true"),
    ("runAsNonRoot: true", "runAsNonRoot: yess"),
    ("terminationGracePeriodSeconds: 60", "terminationGracePeriodSecond: 60"),
    ("terminationGracePeriodSeconds: 60", "terminationGracePeriodSeconds: 30"),
    ("containerPort: 9001", "containerPort: 9091"),
    ("name: serve-grpc", "name: serve_grpc"),
    ("targetPort: serve-grpc", "targetPort: grpc-serve"),
    ("import_path: warmfit_server.app:deployed", "import_path: warmfit_server.app:deploy"),
    ("health_port: 9001", "health_prot: 9001"),
    ("target_ongoing_requests", "target_ongoing_request"),
    ("max_replicas_per_node", "max_replica_per_node"),
    ("num_cpus: 1", "num_cpu: 1"),
    ("workers: 8", "workers: 9"),
    ("- name: FitWorker", "- name: FitWorkers"),
    ("claimName: warmfit-datasets", "claimName: warmfit-dataset"),
    ("serviceAccountName: warmfit\n", "serviceAccountName: warmfits\n"),
    ("appProtocol: kubernetes.io/h2c", "appProtocols: kubernetes.io/h2c"),
    ("sectionName: grpc", "sectionName: grcp"),
    ("sectionName: page", "sectionName: pages"),
    (
        "  - backendRefs:\n    - name: warmfit\n      port: 8000",
        "  - backendRefs:\n    - name: warmfit\n      port: 8080",
    ),
    ("service: warmfit.v1.FittingService\n        type", "service: warmfit.v1.FitingService\n        type"),
    ("redisAddress: warmfit-redis:6379", "redisAddress: warmfit-redis"),
    ("maxUnavailable: 1", "maxUnavailible: 1"),
    ("podMetricsEndpoints", "podMetricEndpoints"),
    ("secretName: warmfit-tls", "secretName: warmfit-tsl"),
    ("component: gateway\n      app.kubernetes.io/name: warmfit\n  policyT", "component: gatewy\n  policyT"),
    ("rotationPolicy: Always", "rotationPolicy: Allways"),
    ("ReadWriteMany", "ReadWriteMny"),
]


@pytest.mark.parametrize(("right", "wrong"), TYPOS)
def test_a_typo_is_found(right: str, wrong: str) -> None:
    text = rendered("prod")
    assert right in text
    assert problems(text.replace(right, wrong, 1))
