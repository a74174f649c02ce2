"""`export --url`: the job `export` at another installation, launched through its webserver."""

from collections.abc import Mapping
from typing import Any

from export_pipeline.cli.export import Manner, typed
from export_pipeline.cli.exports.rendering import say
from export_pipeline.cli.exports.watching import run_status
from export_pipeline.cli.exports.webserver import Webserver
from export_pipeline.cli.exports.webserver_runs import WebserverRuns
from export_pipeline.cli.standard_output import printing
from export_pipeline.defs.exports.history import History
from export_pipeline.defs.on_demand import JOB
from export_pipeline.errors import ConfigError
from export_pipeline.on_demand.fields import RequestFields
from export_pipeline.on_demand.packing import STREAM
from export_pipeline.on_demand.request import fields_of


def run_remote_export(given: Mapping[str, Any], url: str, manner: Manner) -> int:
    """Launch the export and print its id; unless detached, watch it. Return the exit code of `status`.

    What only that installation knows, such as its tables, fails the run there. Raises: ConfigError, TransientError.
    """
    fields = fields_of(given)
    _require_possible(fields, manner)
    runs = WebserverRuns(Webserver(url))
    export_id = runs.launch(JOB, typed(given, fields))
    with printing(f"export {export_id} was begun there all the same") as output:
        output.write(f"{export_id}\n")
    if manner.detach:
        return 0
    try:
        return run_status(History(runs), export_id, watch=True, as_json=False)
    except KeyboardInterrupt:
        say(f"it goes on there; `export-pipeline cancel {export_id} --url …` ends it")
        raise


def _require_possible(fields: RequestFields, manner: Manner) -> None:
    """Raise ConfigError for what needs the rows or the files on this machine."""
    output = fields.output
    if output == STREAM:
        raise ConfigError("--url: the rows do not come here, so there is nothing to print; leave `-o -` out")
    if output is not None and not output.startswith("/") and "://" not in output:
        raise ConfigError(
            f"--url: the output {output} would be a file of that machine, in a folder that nobody knows; leave it out "
            "and fetch the files by `export-pipeline download`, or give an absolute path there, or an s3:// URL"
        )
    if fields.preview is not None:
        raise ConfigError("--url: a preview is shown where it runs; look at it in the UI there, or leave --url out")
    if manner.as_json:
        raise ConfigError("--url: leave --json out; `export-pipeline show ID --json --url …` has what became of it")
