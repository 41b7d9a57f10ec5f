"""Take the pictures of the service's page, into `_images`: `make pictures`. It starts a service and drives Chromium."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
FOLDER = Path(__file__).parent / "_images"
PORT, HTTP_PORT = 19090, 18090
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
MILLISECONDS = 120_000  # that a fit may take


def main() -> None:
    """Fit the Danish fire losses on a wide page by day and on a narrow one by night."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    if browser_path is None:
        sys.exit("the pictures of the page need Chromium: install it, such as by apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "warmfit", "serve", "--port", str(PORT), "--http-port", str(HTTP_PORT)]
        service = subprocess.Popen([*command, "--data-dir", folder])
        try:
            await_page()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
                take(browser, "page.png", 1240, "light", None)
                take(browser, "page-narrow.png", 390, "dark", 1500)
                browser.close()
        finally:
            service.terminate()
            service.wait(60)


def await_page() -> None:
    """Wait until the page is there."""
    for _ in range(120):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{HTTP_PORT}/", timeout=5):
                return
        except OSError:
            time.sleep(1)
    sys.exit("the service did not start")


def take(browser: Browser, name: str, width: int, scheme: str, height: int | None) -> None:
    """One picture of a fit that is complete; as far down as `height`, or whole."""
    page = browser.new_page(viewport={"width": width, "height": height or 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"http://127.0.0.1:{HTTP_PORT}/")
    page.locator("#file").set_input_files(ROOT / "tests" / "data" / "danish.csv")
    page.locator("#fit").click()
    page.locator("#stop").wait_for(state="hidden", timeout=MILLISECONDS)
    page.locator("#plot-pp").wait_for()
    page.wait_for_timeout(1000)
    if height is not None:
        page.locator("#results").scroll_into_view_if_needed()
        page.evaluate("document.getElementById('results').scrollIntoView({ behavior: 'instant' })")
    page.screenshot(path=FOLDER / name, full_page=height is None)
    page.close()


if __name__ == "__main__":
    main()
