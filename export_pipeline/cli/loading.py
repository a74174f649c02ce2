"""Reads the settings for a command that opens Dagster's instance."""

import os

from export_pipeline.settings import Settings


def load_settings() -> Settings:
    """Read the settings, and set for this process what dagster.yaml takes from the environment. Raises: ConfigError."""
    settings = Settings.load()
    os.environ |= settings.dagster_variables
    return settings
