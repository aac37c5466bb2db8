"""The tables [backup] and [retention] of hub.toml."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from hub.backup.schedule import Schedule, read_schedule

KEY = "DRAGOMAN_BACKUP_KEY"
"""The environment variable with the key, where [backup] names none."""


class BackupSettings(BaseModel):
    """The table [backup]."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    to: str = Field("", description="where backups go: a folder, or s3://bucket/prefix; empty means no backups")
    every: str = Field("sunday 03:00", description="when: a weekday or daily, and a time of day; empty means by hand")
    timezone: str = Field("UTC", description="the time zone of that time, such as Europe/Berlin")
    keep: int = Field(4, ge=1, description="how many verified backups (count) are kept; older ones are deleted")
    encrypt: bool = Field(True, description="seal backups with the key; false leaves them readable to everybody there")
    key: SecretStr | None = Field(None, description="the key, 32 bytes in base64; else DRAGOMAN_BACKUP_KEY")
    s3_endpoint: str = Field("", description="address of a service that speaks S3; empty means Amazon's")
    s3_region: str = Field("", description="region of the bucket; empty means as the environment says")

    @field_validator("every")
    @classmethod
    def _check_every(cls, text: str) -> str:
        if text:
            read_schedule(text, "UTC")
        return text

    @field_validator("timezone")
    @classmethod
    def _check_timezone(cls, text: str) -> str:
        try:
            ZoneInfo(text)
        except (KeyError, ValueError, OSError):
            raise ValueError("should be a time zone such as UTC or Europe/Berlin") from None
        return text

    @property
    def schedule(self) -> Schedule | None:
        """When the hub makes one by itself; None when only by hand."""
        return read_schedule(self.every, self.timezone) if self.to and self.every else None


class RetentionSettings(BaseModel):
    """The table [retention]: how many days things are kept; 0 = for good."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    journal_days: int = Field(90, ge=0, description="days that raw events are kept after they were worked off")
    done_days: int = Field(30, ge=0, description="days that ended commands, statuses and reasons of a message are kept")
    media_days: int = Field(180, ge=0, description="days that files of messages are kept")
    messages_days: int = Field(0, ge=0, description="days that messages themselves are kept")
    dead_days: int = Field(90, ge=0, description="days that handled dead letters and settled conflicts are kept")
    ledger_days: int = Field(30, ge=0, description="days that the hub recognises its own writes in a CRM")
    news_days: int = Field(365, ge=0, description="days that platforms' news are kept")
