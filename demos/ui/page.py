"""Builds and launches: the whole suite for ``app.py``, one tab for ``python -m demos.<tab>``."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any

from aigc_core import registry, runtime
from aigc_core.errors import AigcError, InvalidRequestError
from aigc_core.jobs.ledger import Limits
from aigc_core.jobs.opening import URL as JOBS_URL
from aigc_core.jobs.opening import url_of_environment
from aigc_core.jobs.place import data_home
from aigc_core.terminal import Parser, guarded
from demos.ui import backend, logs, network
from demos.ui.drain import Drain

log = logging.getLogger(__name__)
AUTH = "AIGC_AUTH"
SPACE_DISK = Path(os.environ.get("AIGC_DISK") or "/data")
"""Folder of a Space's persistent storage, if it has any."""
_THREADS = 40
"""Threads beside those of jobs that wait, one each."""


def parser() -> argparse.ArgumentParser:
    """The flags of the app."""
    flags = Parser(description="AIGC Studio: generate faces, styles, text, music and speech on your CPU.")
    flags.add_argument(
        "--host",
        type=_host,
        default="127.0.0.1",
        help="address to listen on (0.0.0.0, ::: the whole network); any but this machine's own implies --public",
    )
    flags.add_argument(
        "--port", type=_number(int, 1, network.LAST_PORT), help="port (default: the first free one from 7860)"
    )
    flags.add_argument("--offline", action="store_true", help="never open a connection to another machine")
    flags.add_argument(
        "--public",
        action="store_true",
        help="limits per visitor, a deadline per job, and only models whose weights are here and fit into memory",
    )
    flags.add_argument(
        "--models",
        type=_names,
        default=_names(os.environ.get("AIGC_MODELS", "")),
        metavar="NAME,…",
        help="offer these models only; +NAME adds one to what --public would offer, +first the first of every task",
    )
    flags.add_argument(
        "--trust-host",
        action="append",
        default=[],
        metavar="NAME",
        help="answer to this host name too, such as that of a reverse proxy; may be repeated",
    )
    flags.add_argument("--share", action="store_true", help="public gradio.live link; implies --public")
    flags.add_argument(
        "--auth", type=_login, metavar="USER:PASSWORD", help=f"ask visitors to log in (${AUTH} keeps it out of ps)"
    )
    flags.add_argument(
        "--deadline", type=_number(float, 0.1, 604_800), metavar="S", help="longest job in seconds (--public: 120)"
    )
    flags.add_argument(
        "--queue", type=_number(int, 1, 10_000), default=64, metavar="N", help="jobs that may wait (default 64)"
    )
    flags.add_argument(
        "--queue-seconds",
        type=_number(float, 1, 604_800),
        metavar="S",
        help="seconds of work that may wait before a job (--public: 300)",
    )
    flags.add_argument(
        "--grace",
        type=_number(float, 0, 3600),
        default=30.0,
        metavar="S",
        help="seconds that running jobs are given to end when the app is told to (SIGTERM; default 30)",
    )
    flags.add_argument("--log-json", action="store_true", help="one JSON object a line, without what visitors write")
    flags.add_argument(
        "--outputs",
        type=Path,
        default=None,
        metavar="DIR",
        help="where jobs and their files are kept (default: the user's data folder; for --public none: a day, and not beyond the end of the app)",
    )
    flags.add_argument(
        "--keep",
        type=_number(float, 0.01, 10_000),
        default=2.0,
        metavar="GB",
        help="room for jobs and their files in --outputs; the oldest that are not pinned go first (default 2)",
    )
    flags.add_argument("--resume", action="store_true", help="run again what an earlier end of the app has cut")
    flags.add_argument(
        "--jobs-url",
        default="",
        metavar="URL",
        help=f"keep the list of jobs in PostgreSQL, for several servers: postgresql://… (${JOBS_URL} keeps it out of ps)",
    )
    backend.add_flags(flags)
    return flags


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _login(text: str) -> tuple[str, str]:
    user, colon, password = text.partition(":")
    if not (user and colon and password):
        raise argparse.ArgumentTypeError("write it as USER:PASSWORD, with neither part empty")
    return user, password


def _host(text: str) -> str:
    """An address or name without the brackets that one of IPv6 has in a URL."""
    return text.strip().removeprefix("[").removesuffix("]")


def _number(kind: type[int] | type[float], low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = kind(-1)
        if not low <= value <= high:  # nor is nan
            raise argparse.ArgumentTypeError(f"must be a number from {low:.12g} to {high:.12g}; got {text[:40]!r}")
        return value

    return parse


def main(tabs: Sequence[str], argv: Sequence[str] | None = None) -> None:
    """Parse flags, build the tabs, serve until interrupted; what goes wrong until then is one line."""
    sys.exit(guarded(lambda: _serve(tabs, parser().parse_args(argv)), prints=False))


def _serve(tabs: Sequence[str], args: argparse.Namespace) -> None:
    logs.configure(as_json=args.log_json)
    if os.environ.get("SPACE_ID") and SPACE_DISK.is_dir():
        _keep_weights_on(SPACE_DISK)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    args.auth = args.auth or _login_of_environment()
    args.jobs_url = args.jobs_url or url_of_environment()
    if args.outputs is not None:
        _check_outputs(args.outputs)
    else:
        args.outputs = _usual_outputs(args)
    host = "0.0.0.0" if os.environ.get("SPACE_ID") else args.host
    address = network.address_of(host)
    network.try_port(address, args.port)
    network.spare([*network.LOOPBACK, host, address])
    if args.offline or _without_proxy(args.share):
        runtime.go_offline(own=[address])
    demo, options = make(tabs, args)
    drain = Drain(demo.studio, args.grace)
    try:
        demo.launch(**{**options, "server_name": network.server_name(address), "prevent_thread_lock": True})
        drain.wait(demo)
    except (
        OSError,
        ValueError,
        RuntimeError,
    ) as error:  # a port taken since it was tried, the app out of its own reach
        log.debug("launch", exc_info=True)
        raise InvalidRequestError(f"The app could not start: {error}", f"应用无法启动：{error}") from error
    finally:
        demo.studio.engine.close()


def _keep_weights_on(disk: Path) -> None:
    """Keep what is fetched on a disk that outlives the Space's sleep, unless another place was chosen."""
    for name, folder in (("AIGC_HOME", "aigc"), ("HF_HOME", "huggingface")):
        os.environ.setdefault(name, str(disk / "cache" / folder))


def _login_of_environment() -> tuple[str, str] | None:
    text = os.environ.pop(AUTH, None)  # what the app starts need not know it
    if text is None:
        return None
    try:
        return _login(text)
    except argparse.ArgumentTypeError as error:
        raise InvalidRequestError(f"{AUTH}: {error}.", f"{AUTH} 应写作 用户:密码，两部分都不能为空。") from error


def _check_outputs(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        words = error.strerror or str(error)
        raise InvalidRequestError(
            f"Nothing can be written to --outputs {folder}: {words}. Choose another folder.",
            f"--outputs {folder} 无法写入：{words}。请换一个文件夹。",
        ) from error


def _usual_outputs(args: argparse.Namespace) -> Path | None:
    """The folder in which jobs outlive the app unasked: in the data folder of a user at home, on the persistent disk of a Space that has one."""
    if os.environ.get("SPACE_ID"):
        folder = SPACE_DISK if SPACE_DISK.is_dir() else None
    else:
        folder = None if _is_public(args) else data_home()
    try:
        if folder is not None:
            _check_outputs(folder)
    except InvalidRequestError as error:
        log.warning("%s Until then jobs are kept in memory.", error)
        return None
    return folder


def _is_public(args: argparse.Namespace) -> bool:
    """True where others can reach the app."""
    from demos.ui.hosts import is_loopback

    return bool(args.public or args.share or os.environ.get("SPACE_ID") or not is_loopback(args.host))


def _without_proxy(share: bool) -> bool:
    """True where the environment asks for a proxy that cannot be used: then nothing may go out past it."""
    names = ", ".join(network.unusable_proxies)
    if names and share:
        raise InvalidRequestError(
            f"--share cannot use the proxy in {names}. For SOCKS: pip install socksio.",
            f"--share 无法使用 {names} 指定的代理。SOCKS 代理需要：pip install socksio。",
        )
    if names:
        log.warning("the proxy in %s cannot be used (SOCKS: pip install socksio); the app runs offline", names)
    return bool(names)


def make(tabs: Sequence[str], args: argparse.Namespace) -> tuple[Any, dict[str, Any]]:
    """The Blocks and the keyword arguments of its ``launch``."""
    from demos.ui.hosts import TrustedHosts

    host = "0.0.0.0" if os.environ.get("SPACE_ID") else args.host
    public = _is_public(args)
    studio = _studio(args, public)
    os.environ["GRADIO_TEMP_DIR"] = os.environ["GRADIO_EXAMPLES_CACHE"] = str(studio.folders.root)  # all it serves from
    demo = build(studio, tabs, args.queue, public=public)
    hosts = TrustedHosts(host, names=args.trust_host, share_url=lambda: getattr(demo, "share_url", None))

    from demos.ui import assets, i18n, theme
    from demos.ui.payload import ASSETS
    from demos.ui.server import app_options

    options: dict[str, Any] = {
        "server_name": host,
        "server_port": args.port,
        "share": args.share,
        "auth": args.auth,
        "show_error": True,
        "i18n": i18n.translations(),
        "theme": theme.theme(),
        "css": assets.styles(tabs),
        "head": _head(tabs),
        "max_file_size": "30mb",
        "ssr_mode": False,
        "footer_links": ["api", "settings"],
        "enable_monitoring": False,
        "quiet": False,
        "max_threads": args.queue + _THREADS,
        "allowed_paths": [str(folder) for folder in ASSETS],
        "run_history": False,
        "app_kwargs": app_options(demo, hosts),
    }
    return demo, options


def _studio(args: argparse.Namespace, public: bool) -> Any:
    from aigc_core.budget import Budget, Remembered
    from aigc_core.budget.machine import Machine
    from aigc_core.budget.observations import LAST
    from demos.ui.lanes import Lanes
    from demos.ui.offer import offered
    from demos.ui.recording import PUBLIC
    from demos.ui.studio import Studio, TokenBucket

    deadline = args.deadline if args.deadline is not None else (120.0 if public else None)
    most_s = args.queue_seconds if args.queue_seconds is not None else (300.0 if public else None)
    names = offered(args.models, public=public)
    engine = backend.make(args, deadline_s=deadline, offered=names)
    lanes = Lanes(most=args.queue, most_s=most_s, budget=Budget(machine=Machine()), pool=engine.pool)
    bucket = TokenBucket() if public else None
    keep = PUBLIC._replace(total_bytes=round(args.keep * 1e9)) if public else Limits(total_bytes=round(args.keep * 1e9))
    studio = Studio(
        engine=engine,
        outputs=args.outputs,
        bucket=bucket,
        lanes=lanes,
        offered=names,
        keep=keep if args.outputs is not None or args.jobs_url else None,
        jobs_url=args.jobs_url,
        resume=args.resume,
    )
    lanes.budget.observations = Remembered(lambda: studio.jobs.ledger.observations(LAST))
    return studio


def _head(tabs: Sequence[str]) -> str:
    """Our part of the page's ``<head>``: the titles in order, then all scripts."""
    from demos.ui import assets

    modules = [sys.modules.get(f"demos.{name}.tab") for name in tabs]
    titles = [(name, *getattr(module, "TITLE", (name, name))) for name, module in zip(tabs, modules, strict=True)]
    scripts = [f"window.aigcTabs = {json.dumps(titles)};", *assets.scripts(tabs)]
    return assets.read("ui", "head.html") + "".join(f"<script>{code}</script>" for code in scripts)


def build(studio: Any, tabs: Sequence[str], queue: int = 64, *, public: bool = False) -> Any:
    """All tabs in one page; one that fails shows its error in place and leaves the others up."""
    import gradio as gr

    from demos.ui import assets, presence
    from demos.ui.events import Page
    from demos.ui.i18n import t
    from demos.ui.wiring import QUIET

    with Page(studio, public=public, title="AIGC Studio", analytics_enabled=False) as demo:
        gr.HTML(assets.read("ui", "bar.html"), padding=False)
        presence.wire(demo)
        with gr.Tabs():
            for name in tabs:
                tab = gr.Tab(t(*title_of(name)), id=name, elem_id=f"tab-{name}")
                tab.select(None, [], [], js=f"() => aigcKept.shown('{name}')", **QUIET)
                with tab, nullcontext() if name == tabs[0] else demo.section(tab.select):
                    _fill(demo, name)
    demo.finish()
    demo.queue(max_size=queue, default_concurrency_limit=4, api_open=False)
    return demo


def title_of(name: str) -> tuple[str, str]:
    """The title of a tab; its name where the tab cannot be imported, which is said when it is built."""
    try:
        title: tuple[str, str] = import_module(f"demos.{name}.tab").TITLE
    except Exception:
        return name, name
    return title


def _fill(demo: Any, name: str) -> None:
    """Build a tab in place; a failure leaves nothing half-made, and a message where the tab would be."""
    import gradio as gr
    from gradio.context import get_render_context

    from demos.ui import player

    studio = demo.studio
    try:
        with demo.undone_on_error(get_render_context()), registry.offering(studio.offered):
            import_module(f"demos.{name}.tab").build(studio)
    except Exception as error:
        log.exception("tab %s could not be built", name)
        reason = str(error) if isinstance(error, AigcError) else type(error).__name__  # the log has the rest
        reason = player.hide_paths(reason)
        studio.broken[name] = reason
        gr.HTML(
            player.notice(
                f"This tab could not be built ({reason}). The other tabs work.",
                f"该标签页加载失败（{reason}），其他标签页可正常使用。",
            )
        )
