"""Everything an operator may set, from flags, the environment (`WARMFIT_SERVER_…`), or a TOML file, in this order."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from warmfit_fitting.errors import InvalidInput

MIB = 1 << 20
PREFIX = "WARMFIT_SERVER_"
NAMESPACE = r"^[A-Za-z0-9_-]{1,64}$"
LOOPBACK = ("127.", "::1", "localhost")


def default_data_dir() -> Path:
    """Where named datasets are kept when nobody says otherwise: the user's state directory."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "warmfit"


def _joined(value: object) -> object:
    """A list, or a table of names, as the one text that flags and the environment have."""
    if isinstance(value, dict):
        return ", ".join(f"{name}={where}" for name, where in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value


class Settings(BaseSettings):
    """The service's settings; sizes in bytes, times in seconds."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 9000
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=1, le=65535)] = 8000
    page: bool = True
    public_address: Annotated[str | None, Field(pattern=r"^[^\s\"'/\\]+:[0-9]{1,5}$")] = None
    gateways: Annotated[int, Field(ge=1, le=64)] = 1
    workers: Annotated[int, Field(ge=1, le=1024)] = Field(default_factory=lambda: os.cpu_count() or 1)
    data_dir: Path = Field(default_factory=default_data_dir)
    max_message_bytes: Annotated[int, Field(ge=MIB)] = 64 * MIB
    max_tasks: Annotated[int, Field(ge=1)] = 10_000
    max_points: Annotated[int, Field(ge=1)] = 10_000_000
    max_bootstrap_rows: Annotated[int, Field(ge=0)] = 100_000_000
    max_samples: Annotated[int, Field(ge=1)] = 10**12
    max_concurrent_calls: Annotated[int, Field(ge=1)] = 1_000
    summary_cache_bytes: Annotated[int, Field(ge=0)] = 256 * MIB
    result_cache_bytes: Annotated[int, Field(ge=0)] = 64 * MIB
    cache_ttl: Annotated[float, Field(gt=0)] = 24 * 3600.0
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_file: Path | None = None
    slow_call: Annotated[float, Field(ge=0)] = 1.0
    metrics_port: Annotated[int | None, Field(ge=1, le=65535)] = None
    default_timeout: Annotated[float, Field(gt=0)] = 600.0
    drain_timeout: Annotated[float, Field(gt=0)] = 20.0
    namespace: Annotated[str, Field(pattern=NAMESPACE)] = "default"
    max_datasets: Annotated[int, Field(ge=0)] = 10_000
    max_connection_age: Annotated[float, Field(gt=0)] = 600.0
    token: Annotated[SecretStr | None, Field(min_length=16)] = None
    tokens_file: Path | None = None
    tokens_refresh: Annotated[float, Field(gt=0)] = 5.0
    allow_anonymous: bool = False
    reflection: Literal["open", "token", "off"] = "token"
    health: Literal["open", "token"] = "open"
    health_port: Annotated[int | None, Field(ge=1, le=65535)] = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_client_ca: Path | None = None
    # module:attribute or name=module:attribute, separated by commas: families accepted beside those of warmfit
    distributions: Annotated[str, BeforeValidator(_joined)] = Field(
        default="",
        validation_alias=AliasChoices("distributions", "WARMFIT_SERVER_DISTRIBUTIONS", "WARMFIT_DISTRIBUTIONS"),
    )

    @field_validator("data_dir", "log_file", "tokens_file", "tls_cert", "tls_key", "tls_client_ca")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        """Replicas have working directories of their own."""
        return None if path is None else path.expanduser().absolute()

    @property
    def needs_tokens(self) -> bool:
        """Whether a call without a token is refused."""
        return self.token is not None or self.tokens_file is not None

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key go together; give both or neither")
        if self.tls_client_ca is not None and self.tls_cert is None:
            raise ValueError("tls_client_ca needs tls_cert and tls_key")
        for name, host in (("host", self.host), ("http_host", self.http_host if self.page else LOOPBACK[0])):
            if not host.startswith(LOOPBACK) and not self.needs_tokens and not self.allow_anonymous:
                raise ValueError(
                    f"{name}={host!r} can be reached from elsewhere and no token is set; give token or tokens_file, or "
                    "say allow_anonymous=true where something else keeps strangers out"
                )
        return self

    @classmethod
    def load(cls, file: Path | None = None, **given: Any) -> Settings:
        """The settings of flags (those that are not None), the environment and `file`."""

        known = cls.model_fields

        class Loaded(cls):  # type: ignore[misc, valid-type]
            @classmethod
            def settings_customise_sources(
                cls,
                settings_cls: type[BaseSettings],
                init_settings: PydanticBaseSettingsSource,
                env_settings: PydanticBaseSettingsSource,
                dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
                file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            ) -> tuple[PydanticBaseSettingsSource, ...]:
                sources: tuple[PydanticBaseSettingsSource, ...] = (init_settings, env_settings)
                return (*sources, TomlConfigSettingsSource(settings_cls, file)) if file else sources

        strange = sorted(
            name for name in os.environ if name.startswith(PREFIX) and name[len(PREFIX) :].lower() not in known
        )
        if strange:
            raise InvalidInput(
                f"{', '.join(strange)} in the environment: no such setting; there are {', '.join(known)}"
            )
        loaded = Loaded(**{name: value for name, value in given.items() if value is not None})
        return cls.model_construct(**loaded.model_dump())
