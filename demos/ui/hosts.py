"""Host names that this server answers to, and origins that may send to it.

A page of another site can point its own name at 127.0.0.1 (DNS rebinding) or send forms and uploads across; browsers give
both away in ``Host`` and ``Origin``. Programs, such as gradio_client, send no ``Origin`` and are let in.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """True for an address that is reached from this machine alone."""
    return host == "localhost" or host.endswith(".localhost") or _is(host, "is_loopback")


def name_of(netloc: str) -> str:
    """The host of ``name:port`` or ``[address]:port`` in lower case; empty where it cannot be read."""
    try:
        return (urlsplit(f"//{netloc}").hostname or "").rstrip(".")
    except ValueError:
        return ""


class TrustedHosts:
    """The names of one running app.

    Args:
        bound: The address it listens on. Beyond loopback, any literal IP address is trusted too: only names can be rebound.
        names: Further names, such as that of a reverse proxy; ``.example.org`` stands for all below it.
        share_url: Gives the address of the share link, None while there is none.
    """

    def __init__(
        self, bound: str, *, names: Sequence[str] = (), share_url: Callable[[], str | None] = lambda: None
    ) -> None:
        self._open = not is_loopback(bound)
        self._share_url = share_url
        machine = socket.gethostname().lower()
        space = [name.strip() for name in os.environ.get("SPACE_HOST", "").split(",")]
        self._pages = {name.lower() for name in (*space, *names) if name}
        self._names = {bound.strip("[]").lower(), *self._pages}
        self._names |= {machine, f"{machine}.local"} if self._open else set()
        self._names |= {".hf.space"} if os.environ.get("SPACE_ID") else set()

    def trusts(self, host: str) -> bool:
        """True where the ``Host`` of a request is one of ours."""
        name = name_of(host)
        literal = is_loopback(name) or (self._open and _is(name))
        return bool(name) and (literal or _among(name, self._names | self._shared()))

    def trusts_page(self, origin: str, host: str) -> bool:
        """True for a page that may send to us as ``host``: our own, or one of the names given."""
        try:
            page = urlsplit(origin)
            port = page.port
        except ValueError:
            return False
        if page.scheme not in ("http", "https") or not page.hostname:
            return False  # "null": a sandboxed frame or a local file
        default = {"http": 80, "https": 443}[page.scheme]
        name = page.hostname.rstrip(".")
        same = name == name_of(host) and (port or default) == (_port(host) or default)
        return same or _among(name, self._pages | self._shared())

    def _shared(self) -> set[str]:
        return {name} if (name := name_of(urlsplit(self._share_url() or "").netloc)) else set()


def _among(name: str, known: set[str]) -> bool:
    return any(name == one or (one.startswith(".") and name.endswith(one)) for one in known)


def _port(netloc: str) -> int | None:
    try:
        return urlsplit(f"//{netloc}").port
    except ValueError:
        return -1


def _is(host: str, kind: str = "") -> bool:
    """True for a literal IP address, of a ``kind`` if one is given."""
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return not kind or bool(getattr(address, kind))
