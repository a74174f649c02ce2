"""Where exports go, and how a bucket is reached."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from export_pipeline.settings.group import Group
from export_pipeline.write.destinations.s3_options import MIB, SMALLEST_PART_BYTES, S3Options

_DEFAULTS = S3Options()


class DestinationSettings(Group):
    """Destination."""

    root: str = Field(
        default=".export_pipeline/exports",
        description="Where exports are written: a folder (relative to the working folder), `file:///folder`, `s3://bucket/prefix`",
        examples=["/srv/exports"],
    )


class S3Settings(Group):
    """Destination: S3.

    With a root `s3://…` alone. Without a key, credentials come from the usual chain: `AWS_…` variables, a profile, web
    identity, the container, the instance.
    """

    s3_endpoint_url: str | None = Field(
        default=None,
        pattern="^https?://[^/@]+/?$",
        description="The server's address; by default AWS",
        examples=["https://s3.example.com"],
    )
    s3_region: str | None = Field(default=None, description="The bucket's region", examples=["eu-central-1"])
    s3_path_style: bool | None = Field(
        default=None,
        description="Name the bucket in the path, not in the host; most servers but AWS want it. By default false",
        examples=["true"],
    )
    s3_profile: str | None = Field(default=None, description="A profile of `~/.aws`", examples=["exports"])
    s3_access_key_id: SecretStr | None = Field(default=None, description="Access key", examples=["AKIAEXAMPLE"])
    s3_secret_access_key: SecretStr | None = Field(default=None, description="Its secret", examples=["secret"])
    s3_session_token: SecretStr | None = Field(
        default=None, description="The token of temporary credentials", examples=["token"]
    )
    s3_sse: Literal["AES256", "aws:kms"] | None = Field(
        default=None,
        description="Encryption at rest; by default the bucket's own",
        examples=["aws:kms"],
    )
    s3_sse_kms_key_id: str | None = Field(
        default=None, description="The KMS key; by default the bucket's own", examples=["alias/exports"]
    )
    s3_part_bytes: int | None = Field(
        default=None,
        ge=SMALLEST_PART_BYTES,
        description=f"Bytes of a part of an upload; by default {_DEFAULTS.part_bytes}",
        examples=[str(32 * MIB)],
    )
    s3_spool_folder: Path | None = Field(
        default=None,
        description="Folder where a file is kept until it is uploaded; by default in the system's temporary folder",
        examples=["/var/tmp/export-pipeline"],  # noqa: S108 - an example
    )
    s3_spool_bytes: int | None = Field(
        default=None,
        ge=MIB,
        description=f"Most bytes that one export may keep there; by default {_DEFAULTS.spool_bytes}",
        examples=[str(8192 * MIB)],
    )

    @property
    def s3_options(self) -> S3Options:
        """The S3 settings that are set, the others as S3Options has them."""
        given = {name.removeprefix("s3_"): getattr(self, name) for name in S3Settings.model_fields}
        plain = {name: _revealed(value) for name, value in given.items() if value is not None}
        return S3Options(**plain)  # type: ignore[arg-type] # fields of the same names and types


def _revealed(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
