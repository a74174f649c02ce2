"""How a bucket is reached and written to: every choice of an S3 destination, frozen."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from export_pipeline.errors import ConfigError

MIB: Final = 1 << 20
SMALLEST_PART_BYTES: Final = 5 * MIB
"""S3 refuses a smaller part, unless it is the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Options:
    """How to talk to one S3-compatible server. Raises: ConfigError for what S3 itself would refuse.

    `endpoint_url` None is AWS. Without `access_key_id` the usual chain gives the credentials: environment, `profile`,
    web identity, container, instance. `sse_kms_key_id` None with `aws:kms` is the bucket's default key.
    `spool_folder` None is `export-pipeline-spool-` and this account's number in the system's temporary folder;
    `spool_bytes` bounds one export's files in it. Timeouts are in seconds; `attempts` is the number of tries of one
    request, the first included.
    """

    endpoint_url: str | None = None
    region: str | None = None
    path_style: bool = False
    profile: str | None = None
    access_key_id: str | None = field(default=None, repr=False)
    secret_access_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)
    sse: Literal["AES256", "aws:kms"] | None = None
    sse_kms_key_id: str | None = None
    part_bytes: int = 16 * MIB
    concurrent_parts: int = 4
    spool_folder: Path | None = None
    spool_bytes: int = 64 * 1024 * MIB
    connect_timeout_s: float = 10
    read_timeout_s: float = 60
    attempts: int = 8

    def __post_init__(self) -> None:
        if self.part_bytes < SMALLEST_PART_BYTES:
            raise ConfigError(f"S3: a part has {self.part_bytes} bytes; S3 takes no fewer than {SMALLEST_PART_BYTES}")
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ConfigError("S3: the access key and its secret go together: give both, or neither")
        if self.access_key_id and self.profile:
            raise ConfigError("S3: give either an access key or the name of a profile, not both")
        if self.session_token and not self.access_key_id:
            raise ConfigError("S3: a session token belongs to an access key: give that too")
        if self.sse_kms_key_id and self.sse != "aws:kms":
            raise ConfigError("S3: a KMS key is used with the encryption aws:kms only")
