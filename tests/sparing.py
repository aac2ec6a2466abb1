"""What spares tests of the page most of their time: kept pages, and less work for the server."""

from contextlib import contextmanager, suppress

from browsing import SIZES, visiting
from loaded import builds_here, without_second_reader
from playwright.sync_api import Error

FORGET = "localStorage.clear(); sessionStorage.clear()"
# A page of the same server without scripts: there is nothing at this address.
RESTING = "/resting"


@contextmanager
def light_work():
    """Answer without the slow second reader, and build in this process."""
    with without_second_reader(), builds_here():
        yield


class Kept:
    """Pages of one browser that each test finds as if new; a new one takes four times as long."""

    def __init__(self, open_page, home):
        self._open_page, self._home = open_page, home
        self._pages = []

    @contextmanager
    def lent(self):
        """Yield ``visit(size, scheme, url, wait=…, headers=…)``; in the end there was no error."""
        used, wrong = [], self._open_page.wrong

        def visit(size="wide", scheme="light", url=None, *, wait=".welcome", headers=None):
            url, headers = url or self._home, headers or {}
            if not self._pages or not url.startswith(self._home):
                page = self._open_page(size, scheme, url, wait=wait, extra_http_headers=headers)
                used.append(page)
                return page
            used.append(page := self._pages.pop(0))
            width, height = SIZES[size]
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(
                media="screen", color_scheme=scheme, reduced_motion="reduce", forced_colors="none"
            )
            page.context.set_extra_http_headers(headers)
            page.goto(url)
            page.wait_for_selector(wait)
            page.wait_for_selector("#evidence section")
            return page

        visit.wrong = wrong
        try:
            yield visit
        finally:
            found = wrong.copy()
            self._pages = [page for page in used if self._forgets(page)] + self._pages
            wrong.clear()  # Gradio complains where a page is left before it is done
        assert not found, found

    def _forgets(self, page):
        """Whether a page of the test is open still; it then knows nothing of it."""
        if not page.url.startswith(self._home):
            return False
        with suppress(Error):  # of a page that was closed
            # Not a blank page, for which Chromium would end the process that has compiled scripts.
            page.goto(f"{self._home}{RESTING}")
            page.evaluate(FORGET)
            page.context.clear_cookies()
            return True
        return False


@contextmanager
def keeping(chromium, home):
    """Keep pages for the tests of a file; see :func:`browsing.visiting`."""
    with visiting(chromium, home) as open_page:
        yield Kept(open_page, home)
