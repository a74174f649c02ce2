"""Where the source is, who reads it, under which TLS, and how long anything there may take."""

from enum import StrEnum
from pathlib import Path

from pydantic import Field, SecretStr

from export_pipeline.errors import ConfigError
from export_pipeline.settings.group import LONGEST_S, Group


class Tls(StrEnum):
    """Libpq's `sslmode` (PostgreSQL manual, 32.19)."""

    DISABLE = "disable"
    ALLOW = "allow"
    PREFER = "prefer"
    REQUIRE = "require"
    VERIFY_CA = "verify-ca"
    VERIFY_FULL = "verify-full"


class SourceSettings(Group):
    """Source.

    As a URL, or in parts. Percent-encode odd characters in a URL (`@` is `%40`); in the parts every character stands
    for itself. Whatever libpq knows works in the URL: `service`, `passfile`, several hosts, `target_session_attrs`.
    """

    source_url: SecretStr | None = Field(
        default=None,
        description="The database to export from, as a URL",
        examples=["postgresql://reader:secret@db.example.com:5432/operations"],
    )
    source_host: str | None = Field(
        default=None,
        description="… or in parts: its host, or the folder of its socket",
        examples=["db.example.com"],
    )
    source_port: int | None = Field(default=None, ge=1, le=65535, description="Its port", examples=["5432"])
    source_database: str | None = Field(default=None, description="Its name", examples=["operations"])
    source_user: str | None = Field(default=None, description="The account that reads it", examples=["reader"])
    source_password: SecretStr | None = Field(
        default=None, description="The account's password; also for a URL without one", examples=["secret"]
    )
    source_password_file: Path | None = Field(
        default=None,
        description="A file with the password and nothing else, as containers mount secrets; read anew for each export",
        examples=["/run/secrets/source_password"],
    )

    @property
    def has_source(self) -> bool:
        """Whether it is said which database to export from."""
        return any((self.source_url, self.source_host, self.source_database))

    def libpq_parts(self) -> dict[str, str]:
        """Return what is given beside the URL, in libpq's words. Raises: ConfigError for a password's file."""
        given = {
            "host": self.source_host,
            "port": self.source_port,
            "dbname": self.source_database,
            "user": self.source_user,
            "password": self.source_password.get_secret_value() if self.source_password else self._password_in_file(),
        }
        return {name: str(value) for name, value in given.items() if value is not None}

    def _password_in_file(self) -> str | None:
        if self.source_password_file is None:
            return None
        try:
            return self.source_password_file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError):
            pass
        raise ConfigError(f"EXPORT_SOURCE_PASSWORD_FILE: {self.source_password_file} cannot be read as text")


class TlsSettings(Group):
    """Source: TLS.

    For a URL as well as for parts. A file that is not there, or a key that others may read, is an error.
    """

    source_tls: Tls | None = Field(
        default=None,
        description="libpq's `sslmode`; by default prefer. Only the last two know whom they talk to",
        examples=["verify-full"],
    )
    source_tls_root: str | None = Field(
        default=None,
        description="File of the root certificates to trust, or `system` for the machine's own",
        examples=["/etc/ssl/certs/operations-ca.pem"],
    )
    source_tls_certificate: Path | None = Field(
        default=None, description="File of the client's certificate", examples=["/run/secrets/reader.crt"]
    )
    source_tls_key: Path | None = Field(
        default=None,
        description="File of its key, which nobody else may read (mode 600; root's own: 640)",
        examples=["/run/secrets/reader.key"],
    )

    def libpq_tls(self) -> dict[str, str]:
        """Return what is given, in libpq's words."""
        given = {
            "sslmode": self.source_tls,
            "sslrootcert": self.source_tls_root,
            "sslcert": self.source_tls_certificate,
            "sslkey": self.source_tls_key,
        }
        return {name: str(value) for name, value in given.items() if value is not None}


class TimeoutSettings(Group):
    """Source: timeouts.

    In seconds; 0 is no limit. The sensor's looks have shorter ones of their own.
    """

    connect_timeout_s: int = Field(
        default=10, ge=0, le=LONGEST_S, description="Seconds to wait for a connection", examples=["10"]
    )
    lock_timeout_s: float = Field(
        default=30, ge=0, le=LONGEST_S, description="Seconds to wait for a table's lock", examples=["30"]
    )
    statement_timeout_s: float = Field(
        default=3600, ge=0, le=LONGEST_S, description="Seconds that one statement may take", examples=["7200"]
    )
    idle_in_transaction_timeout_s: float = Field(
        default=600,
        ge=0,
        le=LONGEST_S,
        description="Seconds that the server keeps a snapshot nobody reads from",
        examples=["600"],
    )
    network_silence_s: int = Field(
        default=60,
        ge=0,
        le=LONGEST_S,
        description="Seconds without an answer after which a connection is lost",
        examples=["60"],
    )
