"""The page as a person uses it, in a browser, before the one real service of the tests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from tests.conftest import real_column
from tests.server.conftest import Gateway
from tests.server.page import behind_tokens
from tests.server.test_access import TOKENS
from tests.service.conftest import Running

from warmfit import Client

pytestmark = [pytest.mark.browser, pytest.mark.ray]
Visit = Callable[..., Page]
BEST = "#winner strong"


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with behind_tokens(tmp_path_factory.mktemp("locked")) as gateway:
        yield gateway


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of two columns of numbers and one of text, in the folder in which Python is."""
    monkeypatch.chdir(tmp_path)
    speeds = real_column("galaxies")
    columns = {"survey": ["north"] * len(speeds), "speed": speeds / 1000, "whole": speeds.round()}
    pd.DataFrame(columns).to_csv("galaxies.csv", index=False)
    return tmp_path / "galaxies.csv"


def drop(page: Page, name: str, content: str, times: int = 1) -> None:
    """Drop a file on the page, as a mouse does; its content may be repeated."""
    script = """([name, content, times]) => {
        const data = new DataTransfer();
        data.items.add(new File([content.repeat(times)], name));
        document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    }"""
    page.evaluate(script, [name, content, times])


def fit(page: Page) -> None:
    page.locator("#fit").click()
    finished(page)


def finished(page: Page) -> None:
    expect(page.locator("#fit-status")).to_contain_text("families finished. The best by")


def column_of(page: Page, title: str) -> list[float]:
    """The numbers that the table shows under a title, from top to bottom."""
    place = page.locator("#families thead th").all_inner_texts().index(title)
    cells = page.locator(f"#families tbody tr:has(button) > :nth-child({place + 1})").all_inner_texts()
    texts = (cell.replace(",", "").replace("−", "-").replace("∞", "inf") for cell in cells)
    return [float(text) for text in texts if text != "–"]


def ran(page: Page) -> dict[str, Any]:
    """What the Python that the page shows has made."""
    page.locator("#copy").click()
    expect(page.locator("#copy")).to_have_text("Copied")
    known: dict[str, Any] = {}
    exec(page.evaluate("navigator.clipboard.readText()"), known)
    return known


def test_a_dropped_file_is_fitted_family_by_family_ranked_and_drawn(service: Running, visit: Visit, file: Path) -> None:
    page = visit(service.http_port)
    expect(page.locator("#health")).to_contain_text("Serving")
    expect(page.locator("#columns")).to_be_hidden()
    drop(page, file.name, file.read_text())
    expect(page.locator("#column-table tbody tr")).to_have_count(2)
    expect(page.locator("#left-out summary")).to_have_text("1 column is left out")
    page.get_by_label("speed").check()
    page.locator("#fit").click()
    expect(page.locator("#families tbody tr").first).to_be_visible()
    progress = page.locator("#progress")
    finished(page)
    assert progress.evaluate("it => [it.value, it.max]") == [page.locator("#families tbody tr").count()] * 2
    bics = column_of(page, "BIC")
    assert len(bics) > 80
    assert bics == sorted(bics)
    assert page.locator("#families tbody tr.best th").inner_text() == page.locator(BEST).inner_text()
    expect(page.locator("#plots figure > svg")).to_have_count(4)
    for plot in page.locator("#plots figure > svg").all():
        assert plot.locator("path, circle").count() > 0
        assert plot.bounding_box()["width"] > 200  # type: ignore[index]
    page.get_by_role("button", name="KS", exact=True).click()
    distances = column_of(page, "KS")
    assert distances == sorted(distances)
    assert distances != bics
    page.get_by_role("button", name="gamma", exact=True).click()
    expect(page.locator("#plot-qq")).to_contain_text("column against gamma")
    known = ran(page)
    assert known["best"].distribution == page.locator(BEST).inner_text()
    assert known["best"].ks_statistic == pytest.approx(distances[0], abs=5e-5)
    assert known["chosen"].distribution == "gamma"


def test_a_registered_dataset_is_fitted_also_with_families_of_whole_numbers(service: Running, visit: Visit) -> None:
    counts = np.random.default_rng(4).poisson(4.0, size=300).astype(float)
    with Client(service.address) as client:
        client.put(pd.DataFrame({"visits": counts, "hours": counts / 7}), ["visits", "hours"], name="page-visits")
    try:
        page = visit(service.http_port)
        page.get_by_label("Dataset").select_option("page-visits")
        page.get_by_role("button", name="Use it").click()
        page.get_by_label("hours").check()
        expect(page.locator("#kind")).to_be_hidden()
        page.get_by_label("visits").check()
        page.get_by_label("of whole numbers").check()
        fit(page)
        expect(page.locator("#plot-density")).to_contain_text("Shares and probabilities")
        known = ran(page)
        assert known["best"].distribution == page.locator(BEST).inner_text() == "poisson"
        assert list(known["results"].column_names) == ["visits"]
    finally:
        with Client(service.address) as client:
            client.delete("page-visits")


def test_a_fit_can_be_stopped_and_its_service_then_rests(service: Running, visit: Visit, tmp_path: Path) -> None:
    values = np.random.default_rng(8).gamma(2.0, size=3000)
    page = visit(service.http_port)
    drop(page, "long.csv", pd.DataFrame({"x": values}).to_csv(index=False))
    page.locator("#fit").click()
    expect(page.locator("#families tbody tr").first).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#counted")).to_contain_text("stopped at")
    expect(page.locator("#fit-error")).to_be_hidden()
    expect(page.locator("#figures")).to_contain_text("Your calls under way1 of")
    assert page.locator("#families tbody tr").count() < 103


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("words.csv", "city\nParis\nRome\n", "words.csv: no column of the file can be fitted"),
        ("empty.csv", "", "empty.csv: the file is empty"),
        ("ragged.csv", "a,b\n1,2\n1,2,3\n", "ragged.csv: the file cannot be read as CSV"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_and_nothing_else(
    service: Running, visit: Visit, name: str, content: str, told: str
) -> None:
    page = visit(service.http_port)
    drop(page, name, content)
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text(told)
    expect(page.locator("#columns")).to_be_hidden()


def test_a_file_that_is_too_large_is_told_before_it_is_sent(service: Running, visit: Visit) -> None:
    page = visit(service.http_port)
    sent = []
    page.on("request", lambda request: sent.append(request.url) if "SummarizeFile" in request.url else None)
    drop(page, "large.csv", "1\n", 33 << 20)
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("the service takes up to 64 MiB")
    assert sent == []


def test_text_of_a_file_is_never_read_as_html(service: Running, visit: Visit) -> None:
    page = visit(service.http_port)
    name = "<img src=x onerror=alert(1)>"
    drop(page, f"{name}.csv", f"{name},b\n1,<b>2</b>\n2,x\n4,y\n")
    expect(page.locator("#column-table tbody th")).to_have_text(name)
    assert page.locator("main img").count() == 0


def test_a_wrong_token_shows_an_error_and_nothing_else(locked: Gateway, visit: Visit) -> None:
    page = visit(locked.settings.http_port)
    page.get_by_label("Token").fill(TOKENS["unknown"])
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("alert").filter(visible=True)).to_have_text("this token is not valid here, or not any more")
    assert re.sub(r"\s+", " ", page.locator("main").inner_text()).startswith("This service asks for a token")
    expect(page.locator("#open")).to_be_hidden()
    expect(page.locator("#health")).to_be_hidden()


def test_a_token_opens_the_page_and_is_in_no_storage_and_in_no_copied_text(locked: Gateway, visit: Visit) -> None:
    page = visit(locked.settings.http_port)
    page.get_by_label("Token").fill(TOKENS["admin"])
    page.keyboard.press("Enter")
    expect(page.locator("#caches tbody tr")).to_have_count(3)
    drop(page, "a.csv", "a\n1\n2\n4\n9\n")
    page.locator("#fit").click()
    expect(page.locator("#code")).to_contain_text("WARMFIT_TOKEN")
    assert TOKENS["admin"] not in page.content()
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    page.get_by_role("button", name="Forget the token").click()
    expect(page.get_by_label("Token")).to_be_visible()


def test_everything_is_done_with_the_keyboard_alone(service: Running, visit: Visit, file: Path) -> None:
    page = visit(service.http_port)
    page.on("filechooser", lambda _: None)  # lest the browser opens its own while the wait below is being set up
    expect(page.locator("#open")).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    until(page, "Tab", "file")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(file)
    expect(page.get_by_label("speed")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("whole", exact=True)).to_be_checked()
    until(page, "Tab", "fit")
    page.keyboard.press("Enter")
    finished(page)
    until(page, "Tab", "AIC")
    page.keyboard.press("Enter")
    expect(page.locator('th[aria-sort="ascending"]')).to_have_text("AIC")
    until(page, "Tab", "norm")
    page.keyboard.press("Space")
    expect(page.locator("#chosen h3")).to_have_text("norm")
    expect(page.get_by_role("button", name="norm", exact=True)).to_be_focused()
    until(page, "Shift+Tab", "AIC")
    page.locator("#families tbody button").last.focus()
    until(page, "Tab", "copy")
    page.keyboard.press("Enter")
    assert 'metric="aic"' in page.evaluate("navigator.clipboard.readText()")


def until(page: Page, key: str, wanted: str) -> None:
    """Press a key until the element of that id, or with that text, has the focus."""
    for _ in range(150):
        page.keyboard.press(key)
        if wanted in page.evaluate("[document.activeElement.id, document.activeElement.textContent]"):
            return
    raise AssertionError(f"{key} does not lead to {wanted}")


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])
def test_the_page_has_no_fault_that_a_checker_of_accessibility_finds(
    service: Running, locked: Gateway, visit: Visit, file: Path, scheme: str, width: int
) -> None:
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}, "reduced_motion": "reduce"}
    page = visit(service.http_port, **look)
    drop(page, file.name, file.read_text())
    fit(page)
    expect(page.locator("#plots figure")).to_have_count(4)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults(page) == []
    drop(page, "words.csv", "city\nParis\n")
    expect(page.locator("#data-error")).to_be_visible()
    assert faults(page, "#data") == []
    assert faults(visit(locked.settings.http_port, **look)) == []


def faults(page: Page, part: str = "body") -> list[str]:
    found = Axe().run(page, part).response["violations"]
    return [f"{v['id']}: {json.dumps([node['html'][:120] for node in v['nodes']])}" for v in found]
