"""Starting the app as its users do, in a process of its own: proxies, addresses, ports, logins; it works or says why in a line."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from aigc_core.errors import InvalidRequestError
from demos.ui import network, page

ROOT = Path(__file__).resolve().parents[2]
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy")
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def clean(**changes: str) -> dict[str, str]:
    """This environment without proxies, logins and the like, with ``changes``."""
    kept = {k: v for k, v in os.environ.items() if k not in PROXIES and not k.startswith(("GRADIO_", "AIGC_AUTH"))}
    return kept | changes


@contextmanager
def started(outputs: Path, *flags: str, program: str = "demos.summarize", **environment: str) -> Iterator[str]:
    """The address that the app prints once it answers; ended by Ctrl-C, which must be quiet."""
    command = [sys.executable, "-u", *(["-m", program] if "." in program else [f"{program}.py"])]
    process = subprocess.Popen(
        [*command, "--outputs", str(outputs), *flags],
        cwd=ROOT, env=clean(**environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    watchdog = threading.Timer(120, process.kill)
    watchdog.start()
    assert process.stdout is not None
    lines = []
    try:
        for line in process.stdout:
            lines.append(line)
            if found := re.search(r"Running on local URL:\s+(\S+)", line):
                for later in process.stdout:  # printed when the app has reached itself
                    lines.append(later)
                    if "public link" in later:
                        break
                yield found[1].replace("0.0.0.0", "127.0.0.1") + "/"
                break
        else:
            pytest.fail("".join(lines[-20:]))
        process.send_signal(signal.SIGINT)
        lines += process.stdout.readlines()
        assert process.wait(30) == 0
        assert "Traceback" not in "".join(lines)
    finally:
        process.kill()
        process.wait()
        watchdog.cancel()


def refused(*flags: str, program: str = "demos.summarize", **environment: str) -> str:
    """What the app says, in one line, when it does not start."""
    command = [sys.executable, "-m", program, *flags]
    done = subprocess.run(command, cwd=ROOT, env=clean(**environment), capture_output=True, text=True, timeout=120)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def answers(url: str) -> bool:
    return bool(DIRECT.open(url, timeout=30).status == 200)


DEAD = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("flags", "environment"),
    [
        ([], {"HTTP_PROXY": DEAD, "http_proxy": DEAD, "HTTPS_PROXY": DEAD}),
        ([], {"ALL_PROXY": DEAD, "NO_PROXY": "example.com,[::1],::1/128", "no_proxy": ""}),
        (["--offline"], {"ALL_PROXY": "socks5h://127.0.0.1:9"}),
        (["--offline"], {"http_proxy": "nonsense://x", "HTTPS_PROXY": "http://a:b:c"}),
        (["--host", "::1"], {"HTTP_PROXY": DEAD}),
        (["--host", "[::1]", "--offline"], {"all_proxy": "socks4://user:secret@127.0.0.1:9"}),
        (["--host", "::"], {"ALL_PROXY": DEAD}),
        (["--host", "0.0.0.0", "--offline"], {"HTTP_PROXY": DEAD}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else " ".join(value.values()),
)
def test_it_starts_whatever_the_proxy_and_the_address(flags: list[str], environment: dict[str, str], tmp_path: Path) -> None:  # fmt: skip
    with started(tmp_path, *flags, **environment) as url:
        assert answers(url)


def test_the_suite_and_each_tab_start_alike(tmp_path: Path) -> None:
    with started(tmp_path, "--offline", program="app", ALL_PROXY="socks5h://127.0.0.1:9", HTTP_PROXY=DEAD) as url:
        assert answers(url)
    with started(tmp_path, program="demos.faces", HTTP_PROXY=DEAD) as url:
        assert answers(url)
    for program in ("app", "demos.faces"):
        assert "1 to 65535; got '99999'" in refused("--port", "99999", program=program)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--port", "99999"], "--port: must be a number from 1 to 65535; got '99999'"),
        (["--port", "0"], "from 1 to 65535; got '0'"),
        (["--port", "-1"], "from 1 to 65535; got '-1'"),
        (["--port", "http"], "from 1 to 65535; got 'http'"),
        (["--port", "7860.5"], "from 1 to 65535"),
        (["--port", ""], "from 1 to 65535"),
        (["--queue", "0"], "--queue: must be a number from 1 to 10000; got '0'"),
        (["--queue", "nan"], "from 1 to 10000"),
        (["--queue", "1" * 30], "from 1 to 10000"),
        (["--deadline", "nan"], "--deadline: must be a number from 0.1 to 604800; got 'nan'"),
        (["--deadline", "-3"], "from 0.1 to 604800"),
        (["--deadline", "inf"], "from 0.1 to 604800"),
        (["--deadline", "1e400"], "from 0.1 to 604800"),
        (["--auth", "nobody"], "USER:PASSWORD"),
        (["--auth", ":x"], "USER:PASSWORD"),
        (["--host", "nowhere.invalid"], "no address or known name"),
        (["--host", "http://127.0.0.1"], "no address or known name"),
        (["--host", ""], "no address or known name"),
        (["--host", "a" * 300], "no address or known name"),
        (["--host", "203.0.113.7"], "cannot listen on 203.0.113.7"),
        (["--host", "2001:db8::7"], "cannot listen on 2001:db8::7"),
        (["--outputs", "README.md"], "--outputs README.md"),
        (["--outputs", "/proc/x"], "--outputs /proc/x"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_a_flag_that_cannot_be_is_named(flags: list[str], words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(page, "make", lambda *_: pytest.fail("the app was built"))
    with pytest.raises(SystemExit) as stop:
        page.main(["summarize"], flags)
    said = capsys.readouterr().err
    assert stop.value.code == 2 and said.startswith("error: ") and words in said and said.count("\n") == 1


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_port_that_is_taken_is_named_and_without_one_the_next_is_used(family: int, tmp_path: Path) -> None:
    host = "127.0.0.1" if family == socket.AF_INET else "::1"
    with socket.socket(family) as other:
        other.bind((host, 0))
        other.listen()
        port = other.getsockname()[1]
        said = refused("--host", host, "--port", str(port))
        assert f"Port {port} is taken" in said and "--port" in said
        if port < network.LAST_PORT and family == socket.AF_INET:
            with started(tmp_path, GRADIO_SERVER_PORT=str(port)) as url:
                assert int(url.rstrip("/").rpartition(":")[2]) > port and answers(url)


def test_a_login_may_come_from_the_environment(tmp_path: Path) -> None:
    with started(tmp_path, AIGC_AUTH="ann:pass:word") as url:
        with pytest.raises(urllib.error.HTTPError) as caught:
            DIRECT.open(url + "config", timeout=30)
        assert caught.value.code == 401
        body = b"username=ann&password=pass%3Aword"
        assert DIRECT.open(urllib.request.Request(url + "login", body), timeout=30).status == 200
    assert "AIGC_AUTH: write it as USER:PASSWORD" in refused(AIGC_AUTH="nobody")


def test_the_login_is_checked_and_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for bad in ("", "ann:", ":secret"):
        monkeypatch.setenv("AIGC_AUTH", bad)
        with pytest.raises(InvalidRequestError, match="AIGC_AUTH: write it as USER:PASSWORD"):
            page._login_of_environment()
    monkeypatch.setenv("AIGC_AUTH", "ann:secret")
    assert page._login_of_environment() == ("ann", "secret")
    assert "AIGC_AUTH" not in os.environ


def test_a_package_that_is_missing_is_one_line(tmp_path: Path) -> None:
    """Gradio, for the suite and for a tab that imports it first."""
    (tmp_path / "sitecustomize.py").write_text(
        "from importlib.machinery import PathFinder\nfind = PathFinder.find_spec\n"
        "PathFinder.find_spec = lambda name, *a: None if name.split('.')[0] == 'gradio' else find(name, *a)\n"
    )
    for program in ("app", "demos.faces"):
        said = refused("--outputs", str(tmp_path), program=program, PYTHONPATH=str(tmp_path))
        assert "gradio is not installed: pip install -r requirements.txt" in said


# --- proxies --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "dropped"),
    [
        ({"HTTP_PROXY": DEAD, "no_proxy": "corp.example"}, []),
        ({"ALL_PROXY": "socks5h://127.0.0.1:9", "HTTPS_PROXY": DEAD}, ["ALL_PROXY"]),
        ({"all_proxy": "socks://x", "NO_PROXY": "[::1], ::1/128,corp.example"}, ["all_proxy"]),
        ({"http_proxy": "127.0.0.1:9", "HTTP_PROXY": "ftp://x"}, ["HTTP_PROXY"]),
        ({"HTTP_PROXY": DEAD, "NO_PROXY": "*"}, []),
        ({"HTTP_PROXY": ""}, []),
    ],
)
def test_an_http_client_can_be_made_and_goes_past_the_proxy(environment: dict[str, str], dropped: list[str], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(network, "unusable_proxies", [])
    network.spare([*network.LOOPBACK, "10.1.2.3"])
    assert network.unusable_proxies == dropped
    with httpx.Client() as client:
        for host in ("localhost:7860", "127.0.0.1:7860", "[::1]:7860", "10.1.2.3"):
            transport = client._transport_for_url(httpx.URL(f"http://{host}/"))
            assert transport is client._transport, host
        if environment.get("no_proxy") == "corp.example":
            assert client._transport_for_url(httpx.URL("http://corp.example")) is client._transport, "the user's own"
            assert client._transport_for_url(httpx.URL("http://other.example")) is not client._transport


def test_where_the_proxy_cannot_be_used_nothing_goes_out_past_it(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:  # fmt: skip
    assert not page._without_proxy(share=True)
    monkeypatch.setattr(network, "unusable_proxies", ["ALL_PROXY"])
    assert page._without_proxy(share=False) and "ALL_PROXY" in caplog.text
    with pytest.raises(InvalidRequestError, match="--share cannot use the proxy in ALL_PROXY"):
        page._without_proxy(share=True)


def test_offline_an_address_of_this_machine_is_within_reach() -> None:
    code = (
        "import socket\nfrom aigc_core import runtime\nruntime.go_offline(own=['192.0.2.1'])\n"
        "for host in ('192.0.2.1', '192.0.2.2'):\n"
        "  s = socket.socket(); s.settimeout(0.01)\n"
        "  try: s.connect((host, 9))\n"
        "  except Exception as e: print(type(e).__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    first, second = done.stdout.split()
    assert first != "OfflineError" and second == "OfflineError"


def test_addresses_are_numeric_and_ports_are_tried_on_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [network.address_of(h) for h in ("localhost", "127.0.0.1", "::1", "::", "0.0.0.0")] == ["127.0.0.1", "127.0.0.1", "::1", "::", "0.0.0.0"]  # fmt: skip
    assert network.server_name("::1") == "[::1]" and network.server_name("127.0.0.1") == "127.0.0.1"

    def denied(*_: Any) -> None:
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", denied)
    with pytest.raises(InvalidRequestError, match="Port 80 needs the rights"):
        network.try_port("127.0.0.1", 80)
