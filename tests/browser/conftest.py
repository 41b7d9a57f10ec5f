"""Headless Chromium for the tests of the page; a machine without it is told what to install."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
PATIENCE = 60_000  # milliseconds that anything may take on a busy machine


def chromium() -> str:
    found = os.environ.get("WARMFIT_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.fail(
            f"the tests of the page need Chromium, and none of {', '.join(NAMES)} is on the PATH: install it "
            "(apt-get install chromium, dnf install chromium, brew install --cask chromium), or say where it is with "
            "WARMFIT_CHROMIUM=/path/to/chromium",
            pytrace=False,
        )
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the tests of a module: as long as it runs, no other event loop can in this thread."""
    path = chromium()
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page; it may neither leave its origin, nor say anything on its console, nor fail."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def visit(port: int, **settings: Any) -> Page:
        origin = f"http://127.0.0.1:{port}"
        context = browser.new_context(permissions=["clipboard-read", "clipboard-write"], **settings)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("request", lambda request: request.url.startswith(f"{origin}/") or wrong.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: said.type not in ("warning", "error") or wrong.append(said.text))
        page.goto(origin)
        expect(page.locator("#open, #locked").filter(visible=True)).to_be_visible()
        return page

    yield visit
    for context in contexts:
        context.close()
    refusals = "the server responded with a status of 40"  # what Chromium says of an answer that a test asked for
    assert [text for text in wrong if refusals not in text] == []
