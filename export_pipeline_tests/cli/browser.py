"""A real browser on the Dagster UI."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

VIEW: ViewportSize = {"width": 1600, "height": 1000}

_CHROMIUM = Path("/usr/bin/chromium")
_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def open_page(port: int) -> Iterator[Page]:
    """Open Debian's chromium on the UI at `port`."""
    assert _CHROMIUM.exists(), f"{_CHROMIUM} is missing: apt-get install chromium"
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=_CHROMIUM, args=_QUIET) as browser:
        page = browser.new_page(base_url=f"http://127.0.0.1:{port}", viewport=VIEW)
        page.set_default_timeout(60_000)
        yield page
