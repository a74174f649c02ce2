"""A program whose children publish to a bucket: `python -m … ENDPOINT SPOOL`, then a line with a location for each.

It answers with the child's number; the child begins with the next line, and its exit status is the second answer.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path

from export_pipeline.write.destinations.registry import open_destination
from export_pipeline.write.destinations.s3_options import SMALLEST_PART_BYTES
from export_pipeline_tests.object_store import ObjectStore
from export_pipeline_tests.write.destinations.large_files import noise, publish_large


def main() -> None:
    """Serve one line after the other, so that the children need not import anything."""
    import s3fs  # noqa: F401, PLC0415 - as said

    endpoint_url, spool = sys.argv[1:]
    options = replace(ObjectStore(endpoint_url).options, part_bytes=SMALLEST_PART_BYTES, spool_folder=Path(spool))
    noise()
    for location in iter(sys.stdin.readline, ""):
        child = os.fork()
        if child == 0:
            sys.stdin.readline()
            publish_large(open_destination(location.strip(), options), 101, "killed", with_rejected=True)
            os._exit(0)
        print(child, flush=True)  # noqa: T201 - the answer
        print(os.waitpid(child, 0)[1], flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
