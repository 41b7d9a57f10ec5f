"""Everything an operator may set, from flags, the environment (`WARMFIT_SERVER_…`), or a TOML file, in this order."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

MIB = 1 << 20


def default_data_dir() -> Path:
    """Where named datasets are kept when nobody says otherwise: the user's state directory."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "warmfit"


class Settings(BaseSettings):
    """The service's settings; sizes in bytes, times in seconds."""

    model_config = SettingsConfigDict(env_prefix="WARMFIT_SERVER_", extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 9000
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=1, le=65535)] = 8000
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
    default_timeout: Annotated[float, Field(gt=0)] = 600.0
    drain_timeout: Annotated[float, Field(gt=0)] = 20.0
    namespace: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = "default"

    @classmethod
    def load(cls, file: Path | None = None, **given: Any) -> Settings:
        """The settings of flags (those that are not None), the environment and `file`."""

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

        loaded = Loaded(**{name: value for name, value in given.items() if value is not None})
        return cls.model_construct(**loaded.model_dump())
