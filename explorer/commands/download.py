"""Bytes from the network: at most so many, within so many seconds, and over no worse a way than was asked for."""

from __future__ import annotations

import time
from http.client import HTTPException, HTTPResponse
from ssl import SSLCertVerificationError
from typing import Any, cast
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from explorer.ir import Sentence
from explorer.words import tell

_PIECE = 2**16


class DownloadError(Exception):
    """Why nothing came; `sentence` says so."""

    def __init__(self, key: str, **values: object) -> None:
        self.sentence = Sentence(key=f"cli.download.{key}", values={name: str(value) for name, value in values.items()})
        super().__init__(tell(self.sentence))


class _SameOrigin(HTTPRedirectHandler):
    """Follows where it is sent on to, but never away from the server that the operator named, nor from https to something else."""

    def redirect_request(self, req: Request, *given: Any) -> Request | None:
        *_, address = given
        if urlsplit(address)[:2] != urlsplit(req.full_url)[:2]:
            raise DownloadError("redirected", address=address[:200])
        return super().redirect_request(req, *given)


def download(address: str, most: int, seconds: float) -> bytes:
    """What lies at an http or https address.

    Args:
        address: where.
        most: bytes; more are not read.
        seconds: for all of it; and for the answer to begin.

    Raises:
        DownloadError: it is not there, too large, too slow, cut off, elsewhere, or the server cannot be reached or trusted.
    """
    ends = time.monotonic() + seconds
    try:
        with build_opener(_SameOrigin).open(address, timeout=seconds) as answer:
            return _read(cast(HTTPResponse, answer), most, ends)
    except HTTPError as problem:
        with problem:
            raise DownloadError("missing" if problem.code == 404 else "status", code=problem.code) from None
    except TimeoutError:
        raise DownloadError("slow", seconds=f"{seconds:g}") from None
    except URLError as problem:
        if isinstance(problem.reason, TimeoutError):
            raise DownloadError("slow", seconds=f"{seconds:g}") from None
        if isinstance(problem.reason, SSLCertVerificationError):
            raise DownloadError("untrusted", said=problem.reason.verify_message) from None
        raise DownloadError("unreachable", said=problem.reason) from None
    except HTTPException:
        raise DownloadError("cut") from None
    except OSError as problem:
        raise DownloadError("unreachable", said=problem) from None


def _read(answer: HTTPResponse, most: int, ends: float) -> bytes:
    got = bytearray()
    if (answer.length or 0) > most:
        raise DownloadError("too_large", mib=most // 2**20)
    while piece := answer.read1(_PIECE):  # at most one wait for the network, unlike read
        got += piece
        if len(got) > most:
            raise DownloadError("too_large", mib=most // 2**20)
        if time.monotonic() > ends:
            raise TimeoutError
    if answer.length:  # announced, and not sent
        raise DownloadError("cut")
    return bytes(got)
