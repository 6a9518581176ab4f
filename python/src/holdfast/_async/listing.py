"""Lists that are fetched while they are read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, Generic

from holdfast._async.http import AsyncHttp
from holdfast._core import Query
from holdfast.models import Item, Page


class AsyncListing(Generic[Item]):
    """A list that has not been fetched yet: iterating it fetches page after page, `page()` one of them."""

    def __init__(self, http: AsyncHttp, path: str, query: Query, parse: Callable[[Any], Item]) -> None:
        self._http = http
        self._path = path
        self._query = query
        self._parse = parse

    async def page(self, number: int = 1) -> Page[Item]:
        """One page; the first is 1."""
        answer = await self._http.request("GET", self._path, query={**self._query, "page": number})
        items = tuple(self._parse(item) for item in answer["items"])
        return Page(items, number, int(answer.get("totalPages") or 0), int(answer.get("totalItems") or len(items)))

    async def all(self) -> list[Item]:
        """Every item of every page."""
        return [item async for item in self]

    async def __aiter__(self) -> AsyncIterator[Item]:
        number = 1
        while True:
            page = await self.page(number)
            for item in page.items:
                yield item
            if not page.items or number >= page.total_pages:
                return
            number += 1
