"""What is wrong with a setting, before it is put into words."""

from collections.abc import Mapping
from typing import NamedTuple

from export_pipeline.settings.merging import Location

Given = Mapping[str, str]
"""What is set, as text, by name; without what is empty."""


class Problem(NamedTuple):
    """What is wrong with a setting, and which others have to do with it.

    `text` names settings in braces, `{root}`. `teaches` says that an example of a value helps.
    """

    location: Location
    text: str
    others: tuple[str, ...] = ()
    teaches: bool = False
