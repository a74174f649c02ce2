"""Which files hold settings."""

from pathlib import Path

from pydantic import Field

from export_pipeline.settings.group import Group


class FileSettings(Group):
    """Files of settings."""

    config: Path | None = Field(
        default=None,
        description="A YAML file with any of the settings of this page",
        examples=["/etc/export-pipeline/config.yaml"],
    )
    env_file: str = Field(
        default=".env",
        description="The file of variables, in the working folder; empty for none. Real variables only",
        examples=["/etc/export-pipeline/settings.env"],
    )
