"""`Endpoint`: where the service is and how to speak to it; what a caller types, checked."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeAlias

from warmfit import validation as check
from warmfit_fitting.errors import InvalidInput

ADDRESS_VARIABLE = "WARMFIT_ADDRESS"
TOKEN_VARIABLE = "WARMFIT_TOKEN"
_ADDRESS = re.compile(r"(unix:\S+|(\[[0-9a-fA-F:.%]+\]|[^\s:/\[\]]+):(?P<port>\d{1,5}))")


@dataclass(frozen=True)
class Tls:
    """The PEM files of an encrypted connection.

    `ca`: the authorities to trust, None for those of the system. `cert`, `key`: the client's own, for mutual TLS.
    """

    ca: str | Path | None = None
    cert: str | Path | None = None
    key: str | Path | None = None

    def __post_init__(self) -> None:
        if (self.cert is None) != (self.key is None):
            raise InvalidInput("tls: cert and key go together; give both or neither")
        for entry in fields(self):
            path = getattr(self, entry.name)
            if path is not None and not Path(path).is_file():
                raise InvalidInput(f"tls: {entry.name}={str(path)!r} is no file; expected one in PEM format")


TlsLike: TypeAlias = "bool | str | Path | Mapping[str, Any] | Tls | None"


@dataclass(frozen=True)
class Endpoint:
    """An address, a bearer token and the encryption; equal endpoints share one connection.

    A pickle leaves the token out: where it is read, the token is that of the environment.
    """

    address: str
    token: str | None = field(default=None, repr=False)
    tls: Tls | None = None

    @classmethod
    def of(cls, address: object = None, token: object = None, tls: TlsLike = None) -> Endpoint:
        """The endpoint of what a caller gave, and of the environment where that is None."""
        given = address if address is not None else os.environ.get(ADDRESS_VARIABLE) or None
        if given is None:
            raise InvalidInput(f"no address of a service is given; give address='host:port' or set {ADDRESS_VARIABLE}")
        where = "address" if address is not None else ADDRESS_VARIABLE
        secret = token if token is not None else os.environ.get(TOKEN_VARIABLE) or None
        return cls(_checked_address(where, given), None if secret is None else _checked_token(secret), _tls(tls))

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "token": None}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state, token=os.environ.get(TOKEN_VARIABLE) or None)


def _checked_address(where: str, given: object) -> str:
    text = check.text(where, given, "an address such as 'localhost:50051'").strip()
    found = _ADDRESS.fullmatch(text)
    if found is None or not 0 < int(found["port"] or 1) < 65536:
        hint = "; a local fit is LocalBackend()" if text == "local" else ""
        raise InvalidInput(f"{where}={given!r} is no address; expected host:port, such as 'localhost:50051'{hint}")
    return text


def _checked_token(given: object) -> str:
    token = check.text("token", given)
    if not (token.isascii() and token.isprintable()):
        raise InvalidInput("token holds characters that no header can carry; expected printable ASCII")
    return token


def _tls(given: TlsLike) -> Tls | None:
    if given is None or given is False:
        return None
    if given is True:
        return Tls()
    if isinstance(given, Tls):
        return given
    if isinstance(given, str | Path):
        return Tls(ca=given)
    if not isinstance(given, Mapping):
        check.refuse_type("tls", given, "True, the path of a CA's file, or {'ca': ..., 'cert': ..., 'key': ...}")
    unknown = sorted(set(given) - {entry.name for entry in fields(Tls)})
    if unknown:
        raise InvalidInput(f"tls names {', '.join(map(str, unknown))}; expected ca, cert and key")
    return Tls(**given)
