"""Reads the settings for a command that opens Dagster's instance."""

import os

from export_pipeline.settings import Settings


def load_settings() -> Settings:
    """Read the settings, and set for this process what dagster.yaml takes from the environment. Raises: ConfigError."""
    settings = Settings.load()
    os.environ |= settings.dagster_variables
    return settings


def unused_home(settings: Settings) -> str:
    """Say why a source that is set leaves the home aside, and what to do about it."""
    names = ("source_url", "source_host", "source_database")
    name = next((name for name in names if getattr(settings, name)), names[0])
    return f"EXPORT_{name.upper()} is set, so --home is not used: set EXPORT_STORAGE_URL and DAGSTER_HOME, or unset it"
