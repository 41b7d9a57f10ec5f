"""Where a gateway listens: the shared port, encrypted when so configured, and its private socket."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import grpc
import grpc.aio

from warmfit_fitting.errors import InvalidInput
from warmfit_server.settings import Settings

GRACE = 30.0  # seconds that calls on a connection that is too old have to finish


def make_server(settings: Settings, interceptors: Sequence[grpc.aio.ServerInterceptor]) -> grpc.aio.Server:
    """A server that does not listen yet."""
    return grpc.aio.server(
        interceptors=interceptors,
        options=[
            ("grpc.so_reuseport", 1),
            ("grpc.max_receive_message_length", settings.max_message_bytes),
            ("grpc.max_send_message_length", settings.max_message_bytes),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
            ("grpc.max_connection_age_ms", int(settings.max_connection_age * 1e3)),
            ("grpc.max_connection_age_grace_ms", int(GRACE * 1e3)),
        ],
    )


def listen(server: grpc.aio.Server, address: str, credentials: grpc.ServerCredentials | None) -> None:
    """Have a server listen; raises `RuntimeError` where it cannot."""
    if credentials is None:
        port = server.add_insecure_port(address)
    else:
        port = server.add_secure_port(address, credentials)
    if port == 0:
        raise RuntimeError(f"cannot listen on {address}")


def credentials_of(settings: Settings) -> grpc.ServerCredentials | None:
    """The certificate of the service, None without one; files that change are read again at the next handshake.

    With `tls_client_ca`, clients need a certificate that it has signed.
    """
    if settings.tls_cert is None:
        return None
    files = _Files(settings)
    return grpc.dynamic_ssl_server_credentials(
        files.configuration(), files.changed, require_client_authentication=settings.tls_client_ca is not None
    )


class _Files:
    """The PEM files of a server, and what they held when they were last used."""

    def __init__(self, settings: Settings) -> None:
        self._paths = (settings.tls_key, settings.tls_cert, settings.tls_client_ca)
        self._held: tuple[bytes | None, ...] = tuple(map(_pem, self._paths))

    def configuration(self) -> grpc.ServerCertificateConfiguration:
        """What the files hold."""
        key, cert, ca = self._held
        return grpc.ssl_server_certificate_configuration([(key, cert)], ca)

    def changed(self) -> grpc.ServerCertificateConfiguration | None:
        """What the files hold, or None where that is the same; half-written files are left for the next time."""
        try:
            held = tuple(map(_pem, self._paths))
        except InvalidInput:
            return None
        if held == self._held or not all(part is None or part.rstrip().endswith(b"-----") for part in held):
            return None
        self._held = held
        return self.configuration()


def _pem(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}") from None
    if b"-----BEGIN" not in content:
        raise InvalidInput(f"{path} is not in PEM format")
    return content
