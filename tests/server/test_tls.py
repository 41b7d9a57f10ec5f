"""Encrypted connections, and certificates of clients."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
import trustme
from tests.server.conftest import Gateway

from warmfit import Client, DistributionFitter
from warmfit_fitting.errors import InvalidInput, ServiceUnavailable
from warmfit_server.listening import credentials_of
from warmfit_server.settings import Settings


class Pem:
    """A certificate for 127.0.0.1, and the authority that signed it, as files."""

    def __init__(self, folder: Path, name: str, authority: trustme.CA | None = None) -> None:
        self.authority = authority or trustme.CA()
        self.ca, self.cert, self.key = (folder / f"{name}.{part}.pem" for part in ("ca", "cert", "key"))
        self.write()

    def write(self) -> None:
        issued = self.authority.issue_cert("127.0.0.1")
        self.authority.cert_pem.write_to_path(self.ca)
        issued.cert_chain_pems[0].write_to_path(self.cert)
        issued.private_key_pem.write_to_path(self.key)

    def server(self) -> dict[str, Path]:
        return {"tls_cert": self.cert, "tls_key": self.key}


@pytest.fixture
def pem(tmp_path: Path) -> Pem:
    return Pem(tmp_path, "server")


def test_a_client_that_trusts_the_authority_fits_over_tls(start: Callable[..., Gateway], pem: Pem) -> None:
    gateway = start(**pem.server(), token="a-token-of-24-characters")
    with Client(gateway.address, token="a-token-of-24-characters", tls=pem.ca) as client:
        assert client.info().workers == 1
        results = DistributionFitter(client_backend(gateway, pem)).fit([1.0, 2.0, 4.0], included_distributions=["norm"])
    assert results.best()[0].distribution == "norm"


def client_backend(gateway: Gateway, pem: Pem) -> object:
    from warmfit import RemoteBackend

    return RemoteBackend(gateway.address, token="a-token-of-24-characters", tls=pem.ca)


def test_without_tls_or_with_another_authority_there_is_no_service(
    start: Callable[..., Gateway], pem: Pem, tmp_path: Path
) -> None:
    gateway = start(**pem.server())
    for tls in (None, Pem(tmp_path, "other").ca):
        with Client(gateway.address, tls=tls, timeout=1.5) as client, pytest.raises(ServiceUnavailable):
            client.info()


def test_with_an_authority_for_clients_only_those_it_signed_may_connect(
    start: Callable[..., Gateway], pem: Pem, tmp_path: Path
) -> None:
    staff = Pem(tmp_path, "staff")
    gateway = start(**pem.server(), tls_client_ca=staff.ca)
    with Client(gateway.address, tls={"ca": pem.ca, "cert": staff.cert, "key": staff.key}) as client:
        assert client.info().workers == 1
    with Client(gateway.address, tls=pem.ca, timeout=1.5) as client, pytest.raises(ServiceUnavailable):
        client.info()


def test_a_renewed_certificate_is_used_for_new_connections(start: Callable[..., Gateway], pem: Pem) -> None:
    gateway = start(**pem.server())
    pem.authority = trustme.CA()
    pem.write()
    credentials = grpc.ssl_channel_credentials(pem.ca.read_bytes())
    with grpc.secure_channel(gateway.address, credentials) as channel:
        grpc.channel_ready_future(channel).result(5)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_files_that_hold_no_certificate_are_refused_by_name(tmp_path: Path, content: str | None) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    for file in (cert, key) if content else ():
        file.write_text(content or "")
    with pytest.raises(InvalidInput, match=r"key\.pem"):
        credentials_of(Settings.load(tls_cert=cert, tls_key=key))
