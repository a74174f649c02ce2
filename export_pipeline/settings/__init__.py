"""Every setting of the project: which there are, where they are written, what is wrong with them.

One file a group of settings (`source.py`, `destination.py`, `exports.py`, `automation.py`, `dataset.py`); `layers.py`
reads the environment, `.env` and YAML; `contradictions.py` (with `…_rules.py`) finds what cannot be together, and
`mistakes.py` says it; `settings.py` joins them. Nothing else in the project reads the environment, but
for libpq's own variables (`PG…`), which `connection_rules.py` looks at.
"""

from export_pipeline.settings.dataset import DatasetSettings
from export_pipeline.settings.exports import PRIMARY_FORMAT
from export_pipeline.settings.layers import PREFIX
from export_pipeline.settings.settings import GROUPS, Settings

__all__ = ["GROUPS", "PREFIX", "PRIMARY_FORMAT", "DatasetSettings", "Settings"]
