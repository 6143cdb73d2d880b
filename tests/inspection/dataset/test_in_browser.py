"""The page in a real browser: a wide window, a phone, and names that try to run something."""

import numpy as np
import pytest
from PIL import Image

from odapi_ssd.inspection.dataset.run import inspect_dataset
from tests.support.browser import Browser
from tests.support.faulty_dataset import add_image, write_faulty_dataset

_MEASURE = """
    const width = document.documentElement.clientWidth;
    const scrolls = element => element.closest('.scroll, .canvas');
    const wide = [...document.querySelectorAll('body *')].filter(element =>
        element.getBoundingClientRect().right > width + 0.5 && !scrolls(element));
    const images = [...document.images];
    return [width, document.documentElement.scrollWidth, images.length,
        images.filter(image => !image.complete || image.naturalWidth === 0).length,
        wide.map(element => element.outerHTML.slice(0, 80)).join(' ')].join('|');
"""


@pytest.fixture
def browser(tmp_path):
    return Browser.find(tmp_path)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Pages by the dataset's name."""
    folder = tmp_path_factory.mktemp("pages")
    write_faulty_dataset(folder / "faulty")
    for seed in range(4):
        names = [f"{'class-with-a-long-name' * 3}{number}" for number in range(seed, 80, 4)]
        boxes = [(name, (number, 1, number + 20, 40), 0) for number, name in enumerate(names)]
        add_image(folder / "many_classes", f"{'image' * 40}{seed}", boxes, seed)
    for name in ("faulty", "many_classes"):
        inspect_dataset(folder / name, folder / f"of_{name}")
    return {name: folder / f"of_{name}" / "index.html" for name in ("faulty", "many_classes")}


@pytest.mark.parametrize("name", ["faulty", "many_classes"])
def test_it_opens_without_a_complaint_and_nothing_runs(browser, pages, name):
    dom, console = browser.dump(pages[name])
    assert console == ""
    assert f"<title>{name}: the dataset</title>" in dom


@pytest.mark.parametrize("name", ["faulty", "many_classes"])
@pytest.mark.parametrize("width", [390, 1200])
def test_images_load_and_nothing_is_wider_than_the_window(browser, pages, name, width):
    measured = browser.measure(pages[name], _MEASURE, width)
    seen_width, scroll_width, num_images, num_broken, wide = measured.split("|")
    assert (int(seen_width), int(scroll_width)) == (width, width)
    assert int(num_images) >= 4
    assert num_broken == "0"
    assert wide == ""


def test_the_style_sheet_applies(browser, pages, tmp_path):
    browser.screenshot(pages["faulty"], tmp_path / "page.png", 1200, 900)
    pixels = np.asarray(Image.open(tmp_path / "page.png").convert("RGB"))
    assert pixels.shape == (900, 1200, 3)
    assert tuple(pixels[5, 5]) == (0xFB, 0xFB, 0xF9)  # the paper's color, not the browser's white
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 100
