"""Take the README's picture of the page: python tests/screenshot.py [FILE]."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright
from serving import serving

ROOT = Path(__file__).parents[1]
QUESTION = "Who received the car?"


def take(picture):
    """Ask over seeds/ in Chromium and save what is seen."""
    os.chdir(ROOT)  # paths are shown as seen from here
    chromium = shutil.which("chromium") or sys.exit("chromium is not installed")
    with (
        tempfile.TemporaryDirectory() as index,
        serving(Path("seeds"), Path(index, "index")) as running,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(
            viewport={"width": 1280, "height": 800},
            device_scale_factor=1.5,
            reduced_motion="reduce",
        )
        page.goto(running.url)
        page.get_by_role("button", name=QUESTION).click()
        page.wait_for_selector("mark.answer")
        page.mouse.move(0, 0)  # or what is below it now looks as if it was pointed at
        page.wait_for_timeout(500)  # the button that was pressed fades
        picture.parent.mkdir(exist_ok=True)
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    take(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".github/page.png").resolve())
