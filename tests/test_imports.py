"""Lazy start and the promise of --offline, each seen from a process of its own."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("torch", "diffusers", "transformers", "onnxruntime", "cv2")


def run(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize(
    "code",
    [
        "from aigc_core import registry, engine, weights, recipe; registry.list_models()",
        "from aigc_core import cli\ntry: cli.main(['--help'])\nexcept SystemExit: pass",
        "from aigc_core import cli; cli.main(['models'])",
    ],
    ids=["registry", "help", "models"],
)
def test_looking_imports_no_framework(code: str) -> None:
    seen = run(f"{code}\nimport sys; print('LOADED', [m for m in {HEAVY!r} if m in sys.modules])")
    assert "LOADED []" in seen


def test_the_app_answers_before_any_framework_is_imported(tmp_path: Path) -> None:
    code = f"""
import sys, threading, urllib.request
from demos import TABS
from demos.ui import page
demo, options = page.make(TABS, page.parser().parse_args(["--outputs", {str(tmp_path)!r}]))
_, url, _ = demo.launch(prevent_thread_lock=True, **{{**options, "quiet": True}})
print("STATUS", urllib.request.urlopen(url).status, [m for m in {HEAVY!r} if m in sys.modules])
config = urllib.request.urlopen(url + "config").read().decode()
print("BROKEN", "could not be built" in config)
"""
    seen = run(code)
    assert "STATUS 200 []" in seen
    assert "BROKEN False" in seen


OFFLINE = """
import socket, sys
from aigc_core import runtime
runtime.go_offline()
from aigc_core.errors import OfflineError
def refused(call):
    try:
        call()
    except OfflineError as error:
        return "offline" in str(error)
    return False
print("REMOTE", refused(lambda: socket.create_connection(("192.0.2.1", 80), timeout=1)))
print("NAME", refused(lambda: socket.getaddrinfo("example.org", 443)))
print("UDP", refused(lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53))))
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname(), timeout=5)
print("LOOPBACK", True)
"""


def test_offline_opens_no_connection_to_another_machine() -> None:
    seen = run(OFFLINE)
    for line in ("REMOTE True", "NAME True", "UDP True", "LOOPBACK True"):
        assert line in seen


def test_the_offline_app_serves_and_tries_no_connection(tmp_path: Path) -> None:
    """Every attempt to connect is written down; none goes beyond loopback while the app starts and answers."""
    code = f"""
import sys
tried = []
def note(event, args):
    if event in ("socket.connect", "socket.getaddrinfo"):
        host = args[1][0] if event == "socket.connect" and isinstance(args[1], tuple) else args[0] if event != "socket.connect" else ""
        if isinstance(host, str) and host not in ("", "127.0.0.1", "localhost", "::1", "0.0.0.0"):
            tried.append(host)
sys.addaudithook(note)
sys.argv = ["app.py"]
from demos.ui import page
from demos import TABS
from aigc_core import runtime
runtime.go_offline()
demo, options = page.make(TABS, page.parser().parse_args(["--offline", "--outputs", {str(tmp_path)!r}]))
_, url, _ = demo.launch(prevent_thread_lock=True, **{{**options, "quiet": True}})
import urllib.request
print("STATUS", urllib.request.urlopen(url).status, "TRIED", tried)
"""
    seen = run(code)
    assert "STATUS 200 TRIED []" in seen


def test_an_uncached_model_offline_says_which_command_fetches_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "aigc_core", "--offline", "faces", "--model", "faces-dcgan-64", "--count", "1"],
        cwd=ROOT, env={**os.environ, "AIGC_HOME": str(tmp_path)}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 2
    assert "python -m aigc_core.weights fetch" in done.stderr
    assert "Traceback" not in done.stderr


def test_app_py_starts_and_stops(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    app = subprocess.Popen(
        [sys.executable, "app.py", "--port", port, "--outputs", str(tmp_path)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        for _ in range(720):
            try:
                config = json.loads(urllib.request.urlopen(f"http://127.0.0.1:{port}/config", timeout=5).read())
                break
            except OSError:
                time.sleep(0.25)
        else:
            pytest.fail("app.py did not answer")
    finally:
        app.terminate()
        log = app.communicate(timeout=60)[0]
    names = {d["api_name"] for d in config["dependencies"]}
    wanted = {"faces", "stylize", "inpaint", "continue_text", "chat", "summarize", "compose", "speak", "models"}
    assert wanted <= names, wanted - names
    assert not re.search(r"Traceback", log)
