"""Bearer tokens, from a file or the environment; a changed file is read again while the service runs.

A file of tokens is TOML:

    [[token]]
    name = "risk"                     # in logs and metrics
    sha256 = "9f86d0…"                # of the token, in hex; or token = "…" as it is
    namespace = "risk"                # whose datasets it works with
    scopes = ["read", "fit", "write"]
    expires = 2027-01-31T00:00:00Z    # optional, as are the limits:
    max_calls = 16
    max_datasets = 100

Only digests are held in memory, and every one of them is compared, in constant time, so that the time that a refusal
takes says nothing about them.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from warmfit_fitting.errors import InvalidInput, Unauthenticated
from warmfit_server.access import Caller, Scope
from warmfit_server.settings import NAMESPACE

log = logging.getLogger("warmfit.server")
SCHEME = "bearer "
SHORTEST = 16  # characters of a token; shorter ones can be guessed


class Entry(BaseModel):
    """One token of a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    namespace: Annotated[str, Field(pattern=NAMESPACE)] = "default"
    scopes: Annotated[frozenset[Scope], Field(min_length=1)]
    token: Annotated[SecretStr | None, Field(min_length=SHORTEST)] = None
    sha256: Annotated[str | None, Field(pattern=r"^[0-9a-fA-F]{64}$")] = None
    expires: datetime | None = None
    max_calls: Annotated[int | None, Field(ge=1)] = None
    max_datasets: Annotated[int | None, Field(ge=0)] = None

    @model_validator(mode="after")
    def _has_one_secret(self) -> Entry:
        if (self.token is None) == (self.sha256 is None):
            raise ValueError(f"token {self.name!r} needs either token or sha256")
        return self

    def known(self) -> Known:
        """The entry as it is compared."""
        digest = _digest(self.token) if self.token else bytes.fromhex(self.sha256 or "")
        caller = Caller(self.name, self.namespace, self.scopes, self.max_calls, self.max_datasets)
        return Known(digest, caller, self.expires)


class File(BaseModel):
    """The content of a file of tokens."""

    model_config = ConfigDict(extra="forbid")

    token: Annotated[list[Entry], Field(min_length=1)]


@dataclass(frozen=True)
class Known:
    """The digest of a token, whose it is, and until when it holds."""

    digest: bytes
    caller: Caller
    expires: datetime | None = None

    @property
    def holds(self) -> bool:
        """Whether the token has not expired."""
        if self.expires is None:
            return True
        until = self.expires if self.expires.tzinfo else self.expires.replace(tzinfo=UTC)
        return datetime.now(UTC) < until


class Tokens:
    """The tokens of `file`, and `single`, which has every scope in `namespace`; without either, anyone may call.

    `probe` is a token of this process, with which it asks itself for its health.
    """

    def __init__(self, file: Path | None, single: SecretStr | None, namespace: str) -> None:
        self._file = file
        self.probe = SecretStr(secrets.token_hex(32))
        self._own = [Known(_digest(self.probe), Caller("probe", namespace, frozenset({Scope.READ})))]
        self._own += [Known(_digest(single), _everything("token", namespace))] if single else []
        self._anyone = None if file or single else _everything("anonymous", namespace)
        self._content = b"" if file is None else _content(file)
        self._known = [*self._own, *_read(file, self._content)]

    @property
    def are_needed(self) -> bool:
        """Whether calls without a token are refused."""
        return self._anyone is None

    def caller(self, authorization: str | None) -> Caller:
        """Whose token an `authorization` header carries; raises `Unauthenticated`."""
        if self._anyone is not None:
            return self._anyone
        if authorization is None:
            raise Unauthenticated("this service needs a token; give token=, or set WARMFIT_TOKEN")
        if not authorization[: len(SCHEME)].lower() == SCHEME:
            raise Unauthenticated("the authorization header is no bearer token; expected 'Bearer TOKEN'")
        given, found = _digest(SecretStr(authorization[len(SCHEME) :])), None
        for known in self._known:
            if hmac.compare_digest(known.digest, given):
                found = known
        if found is None or not found.holds:
            raise Unauthenticated("this token is not valid here, or not any more")
        return found.caller

    def refresh(self) -> bool:
        """Read the file again where it has changed; one that cannot be used leaves the tokens as they were."""
        if self._file is None:
            return False
        try:
            content = _content(self._file)
            if content == self._content:
                return False
            self._content = content
            self._known = [*self._own, *_read(self._file, content)]
        except InvalidInput as error:
            log.error("tokens stay as they were: %s", str(error).replace(f" {self._file}", ""))
            return False
        log.info("%d tokens read again", len(self._known))
        return True


def _everything(name: str, namespace: str) -> Caller:
    return Caller(name, namespace, frozenset(Scope))


def _digest(token: SecretStr) -> bytes:
    return hashlib.sha256(token.get_secret_value().strip().encode("utf-8", "replace")).digest()


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"tokens_file {file}: {error.strerror}") from None


def _read(file: Path | None, content: bytes) -> list[Known]:
    if file is None:
        return []
    try:
        entries = File.model_validate(tomllib.loads(content.decode())).token
    except ValidationError as error:
        told = "; ".join(f"{_place(e['loc'])}: {e['msg']}" for e in error.errors(include_input=False))
        raise InvalidInput(f"tokens_file {file}: {told}") from None
    except ValueError as error:
        raise InvalidInput(f"tokens_file {file} is no TOML: {error}") from None
    known = [entry.known() for entry in entries]
    for what, values in (("name", [k.caller.name for k in known]), ("secret", [k.digest for k in known])):
        if len(set(values)) < len(values):
            raise InvalidInput(f"tokens_file {file}: two tokens have the same {what}")
    return known


def _place(loc: Iterable[Any]) -> str:
    return ".".join(map(str, loc))
