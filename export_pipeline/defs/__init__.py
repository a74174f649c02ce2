"""The Dagster side, one file a construct; only this folder and definitions.py import Dagster."""
