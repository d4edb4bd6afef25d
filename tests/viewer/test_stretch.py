"""Making room along an axis: what has to be longer is, and nothing comes nearer to anything."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page
from tabs import Tabs

from tests.viewer import module_page

PX = st.integers(0, 500)
ROOMS = st.lists(st.tuples(PX, st.integers(1, 200), st.integers(0, 900)), max_size=6)


@pytest.fixture(scope="module")
def page(tabs: Tabs) -> Iterator[Page]:
    with module_page.blank_page(tabs) as page:
        yield page


@given(ROOMS, st.lists(PX, min_size=2, max_size=8))
@settings(deadline=None, max_examples=60)
def test_rooms_are_made_and_nothing_comes_nearer(
    page: Page, rooms: list[tuple[int, int, int]], places: list[int]
) -> None:
    wanted = [{"from": start, "to": start + long, "wanted": room} for start, long, room in rooms]
    at = """async ([rooms, places]) => {
      const { Stretch } = await import("/stretch.mjs");
      const stretch = new Stretch(rooms);
      return places.map((place) => stretch.at(place));
    }"""
    ends = [end for start, long, _ in rooms for end in (start, start + long)]
    asked = sorted({*places, *ends})
    moved = dict(zip(asked, page.evaluate(at, [wanted, asked]), strict=True))
    for one, other in pairwise(asked):
        assert moved[other] - moved[one] >= other - one - 1e-6
    for start, long, room in rooms:
        assert moved[start + long] - moved[start] >= room - 1e-6
