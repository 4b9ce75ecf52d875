"""Network set-up at the start: an address and a port to listen on, and itself within reach past any proxy."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterable, MutableMapping
from importlib.util import find_spec

from aigc_core.errors import InvalidRequestError

LOOPBACK = ("localhost", "127.0.0.1", "::1")
LAST_PORT = 65535
unusable_proxies: list[str] = []
"""Variables that named a proxy which Python's HTTP client cannot use, such as SOCKS without the package socksio."""


def spare(hosts: Iterable[str] = LOOPBACK, environment: MutableMapping[str, str] = os.environ) -> None:
    """Keep connections to ``hosts`` away from the proxies of the environment.

    Proxies that the HTTP client cannot use leave the environment, as it refuses to be made while they are there, even for a
    connection to this machine; :data:`unusable_proxies` remembers them. Call it before gradio is imported.
    """
    names = [name for name in environment if name.lower() in ("http_proxy", "https_proxy", "all_proxy")]
    for name in names:
        if environment[name] and not _usable(environment[name]):
            unusable_proxies.append(name)
            del environment[name]
    if not names:
        return
    known = environment.get("no_proxy", environment.get("NO_PROXY", ""))
    entries = [entry for part in known.split(",") if (entry := part.strip().strip("[]")) and _is_pattern(entry)]
    if "*" not in entries:
        environment["no_proxy"] = ",".join(dict.fromkeys([*entries, *hosts]))
        environment["NO_PROXY"] = environment["no_proxy"]


def _usable(proxy: str) -> bool:
    import httpx

    try:
        scheme = httpx.Proxy(proxy if "://" in proxy else f"http://{proxy}").url.scheme
    except (ValueError, httpx.InvalidURL):
        return False
    return not scheme.startswith("socks") or find_spec("socksio") is not None


def _is_pattern(entry: str) -> bool:
    """True for an entry of NO_PROXY that the HTTP client can read; it cannot read ``::1/128``."""
    import httpx

    host = entry.rpartition("://")[2]
    try:
        httpx.URL(f"all://[{host}]" if host.count(":") > 1 else f"all://{host}")
    except httpx.InvalidURL:
        return False
    return True


def address_of(host: str) -> str:
    """The numeric address to listen on.

    Raises:
        InvalidRequestError: the name has none.
    """
    if host == "localhost":
        return "127.0.0.1"
    try:
        found = socket.getaddrinfo(host or "?", None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise InvalidRequestError(
            f"--host {host!r} is no address or known name. Give one of this machine: 127.0.0.1, ::1, or 0.0.0.0 for the whole "
            "network.",
            f"--host {host!r} 不是有效的地址或主机名。请使用本机地址：127.0.0.1、::1，或监听整个网络的 0.0.0.0。",
        ) from error
    return str(found[0][4][0])


def server_name(address: str) -> str:
    """An address as gradio takes it: it makes URLs of it, where one of IPv6 stands in brackets."""
    return f"[{address}]" if ":" in address else address


def try_port(address: str, port: int | None) -> None:
    """See whether the app can listen; without a port, whether the address is one of this machine.

    Raises:
        InvalidRequestError: it cannot; says what to do.
    """
    try:
        for host in (address, "127.0.0.1"):  # gradio wants a port that is free there, wherever it listens
            with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
                if os.name == "posix":
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(socket.getaddrinfo(host, port or 0, type=socket.SOCK_STREAM)[0][4])
    except OSError as error:
        raise _refused(address, port or 0, error) from error


def _refused(address: str, port: int, error: OSError) -> InvalidRequestError:
    if error.errno == errno.EADDRINUSE:
        return InvalidRequestError(
            f"Port {port} is taken by another program. Choose another with --port, or leave --port out for the first free "
            "one from 7860.",
            f"端口 {port} 已被其他程序占用。请用 --port 换一个，或不指定 --port，自动选择 7860 起的空闲端口。",
        )
    if error.errno == errno.EACCES:
        return InvalidRequestError(
            f"Port {port} needs the rights of an administrator. Choose one from 1024 on with --port.",
            f"端口 {port} 需要管理员权限，请用 --port 选择 1024 以上的端口。",
        )
    return InvalidRequestError(
        f"The app cannot listen on {address}: {error.strerror or error}. Give --host an address of this machine.",
        f"无法监听 {address}：{error.strerror or error}。请将 --host 设为本机地址。",
    )
