"""The door of the running app: ASGI middleware in front of Gradio's routes.

What passes: requests to one of our names, from our own page or from a program; on the routes that the page and the clients
use; with a body within its limit, of the shape the route takes; for files that are ours. Everything else is answered here,
in a few words. Responses are streamed through untouched.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from aigc_core.errors import AigcError, BusyError, InvalidRequestError
from demos.ui import payload, service
from demos.ui.hosts import TrustedHosts
from demos.ui.limits import visitor_of
from demos.ui.player import hide_paths

log = logging.getLogger(__name__)

Receive = Callable[[], Any]
Send = Callable[[Any], Any]

API = "/gradio_api"
JSON_BYTES = 8_000_000
UPLOAD_BYTES = 31_000_000
"""One file of 30 MB, which is Gradio's ``max_file_size``, and the form around it."""
_FORM_BYTES = 10_000
_READ = re.compile(
    r"/|/config/?|/theme\.css|/favicon\.ico|/manifest\.json|/robots\.txt|/logout|/(assets|static|svelte)/.*"
    rf"|{API}/(info/?|openapi\.json|theme\.css|user/?|login_check/?|token/?|app_id/?|startup-events|queue/data|queue/status"
    r"|upload_progress|heartbeat/[^/]+|call/(v2/)?[^/]+/[^/]+|file=.*|file/.*)"
)
_EVENT = re.compile(rf"{API}/(queue/join|(run|api)/[^/]+/?|call/(v2/)?[^/]+/?)")
_SENT = re.compile(rf"{API}/(upload|component_server|cancel|reset)/?|/login/?")
_FILE = re.compile(rf"{API}/file[=/](.*)", re.DOTALL)
_STREAM = re.compile(rf"{API}/(?:queue/data|call/(?:v2/)?[^/]+/([^/]+))")
_SESSION = re.compile(r"[\w-]{1,64}")


_HEADERS = service.headers()
BUSY_S = 30.0
"""The page for "busy" tries again so often."""


class Refused(Exception):
    """An answer in place of the route's own."""

    def __init__(self, status: int, message: str, zh: str = "") -> None:
        super().__init__(message)
        self.status, self.zh = status, zh or message


class Door:
    """The middleware. ``page`` gives the running :class:`demos.ui.events.Page`."""

    def __init__(self, app: Any, *, hosts: TrustedHosts, page: Callable[[], Any]) -> None:
        self.app, self._hosts, self._page = app, hosts, page

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)  # type: ignore[no-any-return]
        if scope["type"] != "http":
            return None  # Gradio opens no other connections
        sent = _Sent(send, masked=scope["path"].startswith((f"{API}/run/", f"{API}/api/")))
        try:
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
            self._check_sender(scope, headers)
            if (found := self._served_here(scope, headers)) is not None:
                return await sent.whole(found)
            await self._pass(scope, headers, receive, sent)
        except Refused as refused:
            await sent.answer(refused.status, str(refused), refused.zh)
        except BusyError as error:
            await sent.answer(503, str(error), error.zh, service.retry_after(error.retry_s))
        except AigcError as error:
            await sent.answer(400, str(error), error.zh)
        except Exception:
            if sent.started:
                raise
            log.exception("unforeseen failure of a route")
            await sent.answer(500, "Something went wrong inside the app.", "程序内部出错。")
        return None

    def _served_here(self, scope: Any, headers: Mapping[str, str]) -> service.Answer | None:
        """What operators look at, and the page for "busy" once the app takes no more jobs."""
        if scope["method"] not in ("GET", "HEAD"):
            return None
        studio, client = self._page().studio, scope.get("client") or ("",)
        if scope["path"] == "/" and studio.lanes.closed:
            return service.busy_page(BUSY_S)
        return service.answer(studio, scope["path"], client[0], headers)

    def _check_sender(self, scope: Any, headers: Mapping[str, str]) -> None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._hosts.trusts(host):
            raise Refused(
                403,
                f"This server does not answer to the name {host!r:.80}. If it is yours, start the app with --trust-host NAME.",
                f"本服务器不接受主机名 {host!r:.80}。若为您所有，请以 --trust-host 名称 启动。",
            )
        reads = scope["method"] in ("GET", "HEAD", "OPTIONS")
        if not reads and origin is not None and not self._hosts.trusts_page(origin, host):
            raise Refused(
                403, f"Pages of {origin!r:.80} may not send to this server.", f"不接受来自 {origin!r:.80} 页面的请求。"
            )

    async def _pass(self, scope: Any, headers: Mapping[str, str], receive: Receive, sent: _Sent) -> None:
        path, method = scope["path"], scope["method"]
        reads = method in ("GET", "HEAD", "OPTIONS")
        if reads and _READ.fullmatch(path):
            if file := _FILE.fullmatch(path):
                self._check_file(file[1])
            elif stream := _STREAM.fullmatch(path):
                self._check_stream(stream[1], parse_qs(scope["query_string"].decode("latin-1")))
            return await self.app(scope, receive, sent)  # type: ignore[no-any-return]
        if method != "POST" or not (_EVENT.fullmatch(path) or _SENT.fullmatch(path)):
            raise Refused(404, "There is nothing here.", "此处没有内容。")
        if path.startswith(f"{API}/upload"):
            return await self._upload(scope, headers, receive, sent)
        if path.startswith("/login"):
            body = await _body(receive, headers, _FORM_BYTES)
            return await self.app(scope, _replayed(body, receive), sent)  # type: ignore[no-any-return]
        if path.startswith(f"{API}/component_server"):
            body = await _body(receive, headers, UPLOAD_BYTES)
        else:
            body = await _body(receive, headers, JSON_BYTES)
            value = _parsed(body)
            if _EVENT.fullmatch(path):
                self._check_event(path, value)
                self._check_load(path, value, headers)
            elif isinstance(value, dict):
                _check_session(value)
        try:
            return await self.app(scope, _replayed(body, receive), sent)  # type: ignore[no-any-return]
        except AigcError:
            raise
        except (TypeError, ValueError, LookupError, AttributeError) as error:  # Gradio reads what was sent unchecked
            log.info("%s refused: %s", path, type(error).__name__)
            said = (
                hide_paths(str(error))[:300] if path.startswith(f"{API}/call/") else "What was sent could not be read."
            )
            raise Refused(400, said, f"请求内容无效：{said}") from error

    def _check_file(self, path: str) -> None:
        folders = self._page().studio.folders
        if not folders.owns(path):
            raise Refused(404, "There is no such file, or it is no longer kept.", "文件不存在或已过期。")

    def _check_stream(self, event: str | None, query: Mapping[str, list[str]]) -> None:
        """A stream of answers belongs to something that was asked: Gradio would begin it all the same, and fail."""
        queue = self._page()._queue
        session = query.get("session_hash", [""])[0]
        asked = {id for ids in queue.pending_event_ids_session.values() for id in ids} if event else ()
        if (event or session) not in queue.pending_messages_per_session and event not in asked:
            raise Refused(404, "Nothing was asked for under this name.", "没有对应的请求。")

    def _check_event(self, path: str, body: Any) -> None:
        """The event exists and may be called by this route; its values are looked at by :class:`demos.ui.events.Page`."""
        page, name = self._page(), unquote(path.rstrip("/").rsplit("/", 1)[-1])
        public = {fn.api_name: fn for fn in page.fns.values() if fn.api_visibility == "public" and fn.api_name}
        if not isinstance(body, dict):
            raise Refused(400, "The body must be a JSON object.", "请求体应为 JSON 对象。")
        if path.startswith(f"{API}/call/v2/"):
            self._check_name(name, public)
            unknown = {"event_id", "session_hash"} & set(body)
            return _check_session({key: body[key] for key in unknown})
        index = body.get("fn_index")
        if index is None and path != f"{API}/queue/join":
            self._check_name(name, public)
        elif path.startswith(f"{API}/call/") or isinstance(index, bool) or index not in _ints(page.fns, index):
            raise Refused(404, "There is no such event.", "没有该操作。")
        elif page.fns[index].fn is None and not page.fns[index].cancels:
            raise Refused(400, "This event runs in the browser.", "该操作在浏览器中运行。")
        elif any(trigger == "unload" for _, trigger in page.fns[index].targets):  # its answer would be for nobody
            raise Refused(400, "This event comes by itself when a page is closed.", "该操作在页面关闭时自动执行。")
        if not isinstance(body.get("data"), list):
            raise Refused(400, "data must be a list.", "data 应为列表。")
        return _check_session(body)

    def _check_load(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        """A program hears by status 503 that no job is taken; a page says it in place of the result."""
        page, name = self._page(), unquote(path.rstrip("/").rsplit("/", 1)[-1])
        index = body.get("fn_index")
        asked = [fn for key, fn in page.fns.items() if (key == index if index is not None else fn.api_name == name)]
        if headers.get("x-gradio-user") != "app" and any(page.is_heavy(fn) for fn in asked):
            page.studio.lanes.check()

    def _check_name(self, name: str, public: Mapping[str, Any]) -> None:
        if name not in public:
            raise Refused(404, f"There is no endpoint {name!r:.60}.", f"没有接口 {name!r:.60}。")

    async def _upload(self, scope: Any, headers: Mapping[str, str], receive: Receive, sent: _Sent) -> None:
        length = headers.get("content-length", "")
        if not length.isdecimal():
            raise Refused(411, "Uploads must say their length.", "上传须注明长度。")
        size = int(length[:18])
        if size > UPLOAD_BYTES:
            raise _too_large(size, UPLOAD_BYTES)
        client = scope.get("client") or ("",)
        ledger = self._page().studio.folders.ledger
        try:
            with ledger.room_for(size):
                sent.keep = True
                await self.app(scope, _limited(receive, UPLOAD_BYTES), sent)
        except InvalidRequestError as error:
            raise Refused(507, str(error), error.zh) from error
        paths = _listed(sent.body) if sent.status == 200 else []
        ledger.record(visitor_of(client[0], headers.get("x-forwarded-for", "")), paths)
        return await sent.release()


class _Sent:
    """The way back. Notes whether an answer has begun, and can hold a small one until it was looked at.

    Args:
        masked: Gradio answers an event that says no with status 500; it is the request's fault, so 422.
    """

    def __init__(self, send: Send, *, masked: bool) -> None:
        self._send, self._masked = send, masked
        self.started, self.keep, self.status, self.body = False, False, 0, b""
        self._held: list[Any] = []

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = 422 if self._masked and message["status"] == 500 else message["status"]
            own = {name for name, _ in _HEADERS}
            others = [(name, value) for name, value in message.get("headers", ()) if name.lower() not in own]
            message = {**message, "status": self.status, "headers": [*others, *_HEADERS]}
        if self.keep:
            self.body += message.get("body", b"")
            self._held.append(message)
            return
        self.started = True
        await self._send(message)

    async def release(self) -> None:
        self.keep = False
        for message in self._held:
            await self(message)

    async def whole(self, found: service.Answer) -> None:
        """An answer of this door's own."""
        content = found.content.encode()
        headers = [(b"content-type", found.type.encode()), (b"content-length", str(len(content)).encode())]
        headers += [(b"cache-control", b"no-store"), *found.headers]
        await self({"type": "http.response.start", "status": found.status, "headers": headers})
        await self({"type": "http.response.body", "body": content})

    async def answer(self, status: int, message: str, zh: str, more: service.Headers | None = None) -> None:
        """A JSON answer in the shape that Gradio's page and clients show; nothing where another has begun."""
        if self.started:
            return
        self.started = True
        said = f"{message} {zh}" if zh != message else message
        content = json.dumps({"detail": said, "error": said}, ensure_ascii=False).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        await self._send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [*headers, *(more or ()), *_HEADERS, (b"connection", b"close")],
            }
        )
        await self._send({"type": "http.response.body", "body": content})


def _ints(fns: Mapping[int, Any], index: Any) -> Mapping[int, Any]:
    return fns if isinstance(index, int) else {}


def _check_session(body: Mapping[str, Any]) -> None:
    for name in ("session_hash", "event_id"):
        value = body.get(name)
        if value is not None and not (isinstance(value, str) and _SESSION.fullmatch(value)):
            raise Refused(
                400, f"{name} must be at most 64 letters and digits.", f"{name} 应为不超过 64 位的字母和数字。"
            )


def _parsed(body: bytes) -> Any:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "The body is not JSON.", "请求体不是有效的 JSON。") from error
    try:
        payload.check_size(value, "The request", depth=payload.MAX_DEPTH + 4, text_limit=JSON_BYTES)
    except InvalidRequestError as error:
        raise Refused(413, str(error), error.zh) from error
    return value


def _listed(body: bytes) -> list[str]:
    try:
        paths = json.loads(body)
    except ValueError:
        return []
    return [path for path in paths if isinstance(path, str)] if isinstance(paths, list) else []


def _too_large(size: int, limit: int) -> Refused:
    return Refused(
        413,
        f"At most {limit / 1e6:.0f} MB can be sent at once; got {size / 1e6:.1f} MB.",
        f"一次最多发送 {limit / 1e6:.0f} MB，收到 {size / 1e6:.1f} MB。",
    )


async def _body(receive: Receive, headers: Mapping[str, str], limit: int) -> bytes:
    length = headers.get("content-length", "0")
    if length.isdecimal() and int(length[:18]) > limit:
        raise _too_large(int(length[:18]), limit)
    read, chunks, more = _limited(receive, limit), [], True
    while more:
        message = await read()
        if message["type"] == "http.disconnect":
            raise Refused(400, "The connection was closed.", "连接已断开。")
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


def _limited(receive: Receive, limit: int) -> Receive:
    """Ends with a :class:`Refused` once more than ``limit`` bytes have come, whatever the headers said."""
    total = 0

    async def limited() -> Any:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > limit:
            raise _too_large(total, limit)
        return message

    return limited


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Hands over a body that was read before; then waits, as the server would, for the client to leave."""
    given = False

    async def replayed() -> Any:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
