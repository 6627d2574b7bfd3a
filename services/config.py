"""Settings, read once from the environment (`DAYBOOK_*`) and given to the composition root.

Only services/bootstrap and services/cli read them; nothing else looks at the environment.
"""

from pathlib import Path
from typing import Literal, Self

from platformdirs import user_data_path
from pydantic import Field, PostgresDsn, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SignInMode = Literal["local", "oidc", "open"]


class Settings(BaseSettings):
    """Every knob that Daybook has, with its unit in its name."""

    model_config = SettingsConfigDict(env_prefix="DAYBOOK_", extra="ignore")

    data: Path = Field(
        default_factory=lambda: user_data_path("daybook", appauthor=False),
        description="folder of the embedded system: database, keys, logs",
    )
    kafka: str | None = Field(default=None, description="host:port of a Kafka broker; unset means embedded")
    database_url: PostgresDsn | None = Field(default=None, description="PostgreSQL; unset means embedded")
    journal_topic: str = "daybook.journal"
    intake_topic: str = "daybook.intake"
    quarantine_topic: str = "daybook.quarantine"
    view_topic: str = "daybook.view.customer"
    zone: str = Field(default="UTC", description="time zone in which a new journal cuts its days")
    partitions: int = Field(default=24, ge=1, le=1024, description="partitions of a new journal")
    batch_entries: int = Field(default=20_000, ge=1, le=200_000, description="entries folded in one commit")
    door_batch_events: int = Field(default=500, ge=1, le=10_000)
    max_event_bytes: int = Field(default=1_000_000, ge=1_000)
    refusals_in_a_row: int = Field(default=1_000, ge=1, description="after which a source is stopped")
    master_key: str | None = Field(
        default=None, description="64 hex digits; unset means a key file in the data folder", repr=False
    )
    host: str = "127.0.0.1"
    port: int = Field(default=8484, ge=0, le=65_535)
    sign_in: SignInMode = Field(
        default="local",
        description="who signs people in: an issuer of our own (local), a provider (oidc), nobody (open); "
        "oidc as soon as a provider is named",
    )
    oidc_issuer: str | None = Field(default=None, description="URL of the provider, as its tokens name it")
    oidc_client_id: str | None = Field(default=None, description="our client at the provider")
    oidc_client_secret: str | None = Field(
        default=None, description="of a confidential client; unset means a public one", repr=False
    )
    oidc_audience: str = Field(default="daybook", description="what a bearer token must be meant for")
    public_url: str | None = Field(
        default=None, description="the address that browsers use, such as https://daybook.bank.example"
    )
    rule_pack: str = Field(default="house-2026-01", description="a rule pack of ours, or the path of a file")
    log_level: str = "INFO"

    @model_validator(mode="after")
    def _provider_signs_in(self) -> Self:
        if "sign_in" not in self.model_fields_set and self.oidc_issuer is not None:
            self.sign_in = "oidc"
        return self

    @property
    def embedded(self) -> bool:
        """Whether journal and database live in the data folder of this machine."""
        return self.kafka is None
