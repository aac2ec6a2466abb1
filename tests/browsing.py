"""Headless Chromium for tests of the page; screenshots go to the folder QA_SCREENSHOTS."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WAIT_MS = int(os.environ.get("QA_WAIT", 180_000))  # for a busy machine
SIZES = {"wide": (1440, 900), "narrow": (390, 844)}
# Each size and each scheme once: but for the background of the question, which is another one where
# it is narrow, colours do not depend on the size, and places not on the colours.
VIEWS = [("wide", "light"), ("narrow", "dark")]
# The contrast of two colours, by the formula of WCAG 2.
_COLOURS = """
  const parse = colour => {
    const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
    return { rgb: [r, g, b], a };
  };
  const light = ({ rgb }) => rgb.map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = part => {
    const colour = parse(getComputedStyle(part).backgroundColor);
    return colour.a === 0 ? behind(part.parentElement) : light(colour);
  };
  const text = part => light(parse(getComputedStyle(part).color));
  const ratio = (one, two) => (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
"""
CONTRAST = f"(part, other) => {{ {_COLOURS} return ratio(text(part), behind(other ?? part)); }}"
BORDER = f"""part => {{ {_COLOURS}
  return ratio(light(parse(getComputedStyle(part).borderTopColor)), behind(part));
}}"""
SHADE = f"(part, other) => {{ {_COLOURS} return ratio(behind(part), behind(other)); }}"
# The controls whose border is too faint, against what they are filled with or stand on.
FAINT = f"""() => {{ {_COLOURS}
  return [...document.querySelectorAll("button, input, select, .input-container, mark")]
    .filter(part => part.checkVisibility({{ opacityProperty: true }}))
    .filter(part => !part.disabled && part.ariaDisabled !== "true")
    .flatMap(part => {{
      const style = getComputedStyle(part);
      const side = ["Top", "Bottom"].find(each => parseFloat(style[`border${{each}}Width`]) > 0);
      if (!side) return [];
      const colour = light(parse(style[`border${{side}}Color`]));
      const found = Math.min(
        ...[part, part.parentElement].map(each => ratio(colour, behind(each)))
      );
      return found < 3 ? [`${{part.className || part.id}} ${{found.toFixed(2)}}`] : [];
    }});
}}"""
# Whether a part is inside the visible area of its pane.
IN_VIEW = """([inner, outer]) => {
  const a = document.querySelector(inner).getBoundingClientRect();
  const b = document.querySelector(outer).getBoundingClientRect();
  return a.top >= b.top && a.bottom <= b.bottom && a.height > 0;
}"""

IN_WINDOW = """part => {
  const { top, bottom } = document.querySelector(part).getBoundingClientRect();
  return top > 0 && bottom < innerHeight;
}"""


@contextmanager
def browser():
    """Run headless Chromium; skip where it is not installed."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is not installed: the page cannot be looked at")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS, timeout=WAIT_MS)
        yield browser
        browser.close()


@contextmanager
def visiting(chromium, home):
    """Open pages; in the end there was no error, and no request to another host."""
    opened, requested, wrong, urls = [], [], [], ["data:", "blob:"]

    def open_page(size="wide", scheme="light", url=home, *, wait=".welcome", **options):
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
            **options,
        )
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("request", lambda request: requested.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console", lambda c: wrong.append(c.text) if c.type in ("error", "warning") else None
        )
        urls.append(url.partition("?")[0])
        page.goto(url)
        page.wait_for_selector(wait)
        page.wait_for_selector("#evidence section")
        return page

    open_page.wrong = wrong
    yield open_page
    for context in opened:
        context.close()
    assert requested
    elsewhere = [to for to in requested if not to.startswith(tuple(urls))]
    assert not elsewhere, elsewhere
    assert not wrong, wrong


def ask(page, question):
    count = page.locator(".turn").count()
    page.fill("#question textarea", question)
    page.keyboard.press("Enter")
    page.wait_for_selector(f".turn:nth-child({count + 1}) :is(.footnote, .trouble)")


def keep(page, name):
    """Save a screenshot for people to look at."""
    if folder := os.environ.get("QA_SCREENSHOTS"):
        page.wait_for_timeout(300)
        page.screenshot(path=Path(folder) / f"{name}.png")
