"""Tabs that tests hand on to each other: what the app sends is fetched and compiled once for many tests, the costly part of opening it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Error, Page

HARMLESS = ("ResizeObserver loop",)
"""Console messages of the browser itself that no page can help."""


class Tabs:
    """The tabs of one browser that no test has at present. Each has a context of its own, so that none knows of another."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[Page]] = defaultdict(list)  # by what a context is told once and for all
        self._kinds: dict[Page, str] = {}
        self._complaints: dict[Page, list[str]] = {}

    def take(
        self,
        viewport: dict[str, int],
        color_scheme: str = "light",
        reduced_motion: str = "no-preference",
        offline: bool = False,
        **options: Any,
    ) -> Page:
        """A blank tab without a past; further `options` as those of `Browser.new_context`."""
        kind = repr(options)
        page = self._free[kind].pop() if self._free[kind] else self._new(options)
        self._kinds[page], self._complaints[page] = kind, []
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=color_scheme, reduced_motion=reduced_motion)
        page.context.set_offline(offline)
        return page

    def give_back(self, page: Page) -> list[str]:
        """Leave what the tab shows and forget what it kept; one that cannot is closed. Returns the errors that the page reported."""
        try:
            page.evaluate("location.origin === 'null' || (localStorage.clear(), sessionStorage.clear())")
            page.goto("about:blank")
            page.unroute_all()
            page.mouse.move(0, 0)
            page.context.clear_cookies()
        except Error:
            page.context.close()
        else:
            self._free[self._kinds[page]].append(page)
        return self._complaints[page]

    def _new(self, options: dict[str, Any]) -> Page:
        page = self._browser.new_context(**options).new_page()
        page.on("pageerror", lambda error: self._complaints[page].append(str(error)))
        page.on("console", lambda message: self._heard(page, message))
        return page

    def _heard(self, page: Page, message: ConsoleMessage) -> None:
        # Below a page's path Streamlit guesses its base path, and misses once.
        guessed = "/_stcore/" in message.location["url"]
        if message.type == "error" and not guessed and not any(text in message.text for text in HARMLESS):
            self._complaints[page].append(message.text)
