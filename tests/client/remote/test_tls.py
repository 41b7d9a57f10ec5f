"""Encrypted connections: one's own authority, mutual TLS, and what is said where the two sides do not trust each other."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest

from warmfit import Client, ServiceUnavailable
from warmfit.remote.endpoint import Tls

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")


def openssl(*arguments: str, within: Path) -> None:
    subprocess.run(["openssl", *arguments], cwd=within, check=True, capture_output=True)


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with an authority and, signed by it, a server's and a client's certificate."""
    where = tmp_path_factory.mktemp("pem")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority", within=where)
    (where / "names").write_text("subjectAltName=IP:127.0.0.1")
    for name in ("server", "client"):
        openssl("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}", within=where)
        openssl(
            "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-extfile", "names", "-out", f"{name}.pem", within=where,
        )  # fmt: skip
    return where


def credentials(pem: Path, mutual: bool = False) -> grpc.ServerCredentials:
    pair = ((pem / "server.key").read_bytes(), (pem / "server.pem").read_bytes())
    ca = (pem / "ca.pem").read_bytes()
    return grpc.ssl_server_credentials([pair], ca if mutual else None, require_client_auth=mutual)


def test_a_service_is_trusted_by_its_authority(start: Callable[..., Any], pem: Path) -> None:
    service = start(0, credentials(pem))
    for tls in (str(pem / "ca.pem"), pem / "ca.pem", {"ca": pem / "ca.pem"}, Tls(ca=str(pem / "ca.pem"))):
        with Client(service.address, tls=tls, token="t") as client:
            assert client.info().version == "0"
    assert service.faults.metadata["GetServerInfo"][0]["authorization"] == "Bearer t"


def test_mutual_tls_needs_the_clients_own_certificate(start: Callable[..., Any], pem: Path, impatient: None) -> None:
    service = start(0, credentials(pem, mutual=True))
    own = {"ca": pem / "ca.pem", "cert": pem / "client.pem", "key": pem / "client.key"}
    with Client(service.address, tls=own) as client:
        assert client.info().version == "0"
    with Client(service.address, tls=pem / "ca.pem", timeout=2) as client, pytest.raises(ServiceUnavailable):
        client.info()


@pytest.mark.parametrize("tls", [None, True])
def test_a_service_that_is_not_trusted_is_not_there(
    start: Callable[..., Any], pem: Path, impatient: None, tls: bool | None
) -> None:
    service = start(0, credentials(pem))
    with Client(service.address, tls=tls, timeout=2) as client, pytest.raises(ServiceUnavailable, match="TLS"):
        client.info()
    assert not service.faults.calls
