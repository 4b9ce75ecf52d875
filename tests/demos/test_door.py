"""What the running app lets in: senders, routes, sizes, files; and what it says about itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from gradio.utils import get_hash_seed
from gradio_client import Client
from toy_app import served

META = {"_type": "gradio.FileData"}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("door")


@pytest.fixture(scope="module")
def url(outputs: Path) -> Iterator[str]:
    with served(outputs) as address:
        yield address.rstrip("/")


@pytest.fixture(scope="module")
def http(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=60)


def index(http: httpx.Client, name: str) -> int:
    return next(d["id"] for d in http.get("/config").json()["dependencies"] if d["api_name"] == name)


SENDING = ["/gradio_api/upload", "/gradio_api/queue/join", "/gradio_api/run/models", "/gradio_api/call/models", "/gradio_api/cancel", "/login"]  # fmt: skip


@pytest.mark.parametrize("path", ["/", "/config", "/gradio_api/info", "/assets/x.js", "/gradio_api/file=x", *SENDING])
def test_a_foreign_name_reaches_nothing(http: httpx.Client, path: str) -> None:
    for method in ("GET", "POST"):
        answer = http.request(method, path, headers={"host": "evil.example"})
        assert answer.status_code == 403 and "--trust-host" in answer.text


@pytest.mark.parametrize("path", SENDING)
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://x.gradio.live"])
def test_pages_of_other_sites_send_nothing(http: httpx.Client, path: str, origin: str) -> None:
    answer = http.post(path, headers={"origin": origin}, json={"data": ["all"]})
    assert answer.status_code == 403 and "may not send" in answer.text


def test_our_own_page_and_programs_send(http: httpx.Client, url: str) -> None:
    for headers in ({}, {"origin": url}):
        answer = http.post("/gradio_api/run/models", json={"data": ["all"]}, headers=headers)
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/proxy=http://127.0.0.1:1/", "/gradio_api/deep_link?session_hash=x", "/monitoring", "/monitoring/summary",
        "/gradio_api/runs", "/gradio_api/run-history/buckets", "/dev/reload", "/gradio_api/dev/reload", "/docs", "/openapi.json",
        "/gradio_api/custom_component/x/client/y/z", "/pwa_icon", "/gradio_api/vibe-code/", "/gradio_api/stream/a/b/1/playlist-file",
    ],
)  # fmt: skip
def test_routes_that_the_page_does_not_use_are_closed(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code == 404


def test_no_video_is_converted_for_strangers(http: httpx.Client) -> None:
    answer = http.post("/gradio_api/process_recording", files={"video": ("a.mp4", b"x")})
    assert answer.status_code == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_refused(http: httpx.Client, method: str) -> None:
    assert http.request(method, "/gradio_api/upload").status_code == 404


def body(size: int) -> Iterator[bytes]:
    yield b'{"data": ["'
    for _ in range(size // 100_000):
        yield b"x" * 100_000


def test_large_bodies_are_refused_whether_or_not_they_say_so(http: httpx.Client) -> None:
    headers = {"content-type": "application/json"}
    for content in (b"".join(body(9_000_000)), body(9_000_000)):
        answer = http.post("/gradio_api/queue/join", content=content, headers=headers)
        assert answer.status_code == 413 and "8 MB" in answer.text
    answer = http.post("/gradio_api/upload", files={"files": ("a.bin", b"x" * 32_000_000)})
    assert answer.status_code == 413
    assert http.post("/gradio_api/upload", content=body(1_000_000)).status_code == 411


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400), (b"{", 400), (b"[]", 400), (b"1", 400), (b'{"data": 1, "fn_index": 0}', 400), (b"\xff", 400),
        (b'{"data": [], "fn_index": 99999}', 404), (b'{"data": [], "fn_index": true}', 404), (b'{"data": [], "fn_index": "0"}', 404),
        (b'{"data": [], "fn_index": 0, "session_hash": "../x"}', 400), (b'{"data": [], "fn_index": 0, "session_hash": [1]}', 400),
        (b'{"data": ' + b"[" * 40 + b"]" * 40 + b"}", 413), (b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
    ],
)  # fmt: skip
def test_bodies_of_another_shape_are_refused(http: httpx.Client, content: bytes, status: int) -> None:
    answer = http.post("/gradio_api/queue/join", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]


@pytest.mark.parametrize("path", ["run/nope", "api/nope", "call/nope", "call/v2/nope", "call/_card_of", "run/_rows"])
def test_endpoints_that_are_not_public_cannot_be_named(http: httpx.Client, path: str) -> None:
    assert http.post(f"/gradio_api/{path}", json={"data": []}).status_code == 404


def test_a_model_is_run_through_the_queue_only(http: httpx.Client) -> None:
    data = ["faces-toy", 1, 0, ""]
    for answer in (
        http.post("/gradio_api/run/faces", json={"data": data}),
        http.post("/gradio_api/run/predict", json={"data": data, "fn_index": index(http, "faces")}),
    ):
        assert answer.status_code == 404


@pytest.mark.parametrize("path", ["queue/join", "run/predict"])
def test_nobody_says_for_a_page_that_it_was_closed(http: httpx.Client, path: str) -> None:
    """Gradio tells it itself; what a session is still owed would be thrown away."""
    unload = [d["id"] for d in http.get("/config").json()["dependencies"] if "unload" in (t[1] for t in d["targets"])]
    assert unload
    for number in unload:
        body = {"data": [], "fn_index": number, "session_hash": "left"}
        assert http.post(f"/gradio_api/{path}", json=body).status_code == 400


@pytest.mark.parametrize("stream", ["queue/data?session_hash=nobody", "queue/data?session_hash=", "call/faces/nobody"])
def test_answers_to_nothing_are_not_awaited(http: httpx.Client, stream: str) -> None:
    assert http.get(f"/gradio_api/{stream}").status_code == 404


def test_uploads_get_names_that_nobody_can_compute(http: httpx.Client, outputs: Path) -> None:
    (path,) = http.post("/gradio_api/upload", files={"files": ("a.html", b"private")}).json()
    folder = Path(path).parent
    assert folder.parent == outputs / "aigc-studio" / "uploads"
    guesses = [hashlib.sha256(seed + b"private").hexdigest() for seed in (b"", get_hash_seed().encode())]
    assert folder.name not in guesses
    served_ = http.get(f"/gradio_api/file={path}")
    assert served_.text == "private" and "attachment" in served_.headers["content-disposition"]


@pytest.mark.parametrize(
    "name", ["..", "../../x", "/etc/cron.d/x", "a/../../b", "\0", "x" * 400, ".aigc-studio", "tmpabc12345"]
)
def test_odd_names_of_uploads_stay_in_their_folder(http: httpx.Client, outputs: Path, name: str) -> None:
    answer = http.post("/gradio_api/upload", files={"files": (name, b"odd")})
    assert answer.status_code < 500 or answer.status_code == 507
    if answer.status_code == 200:
        assert Path(answer.json()[0]).resolve().parent.parent == outputs / "aigc-studio" / "uploads"


def test_results_lie_in_folders_that_nobody_can_guess(url: str, http: httpx.Client, outputs: Path) -> None:
    client = Client(url, verbose=False, download_files=False)
    one, two = (client.predict(count=1, seed=5, api_name="/faces")[0][0]["image"] for _ in range(2))
    folders = {Path(made["path"]).parent for made in (one, two)}
    assert len(folders) == 2 and all(folder.parent == outputs / "aigc-studio" / "runs" for folder in folders)
    assert Path(one["path"]).name == Path(two["path"]).name == "faces-faces-toy-5-00-seed5.png"
    assert Path(one["path"]).read_bytes() == Path(two["path"]).read_bytes()
    assert http.get(f"/gradio_api/file={one['path']}").status_code == 200
    part = http.get(f"/gradio_api/file={one['path']}", headers={"range": "bytes=0-3"})
    assert part.status_code == 206 and part.content == b"\x89PNG"


@pytest.mark.parametrize(
    "name",
    [".aigc-studio", "runs", "uploads", "", "../secret", "runs/../.aigc-studio", "runs/mine/a.png", "gradio.toml"],
)
def test_of_our_own_folder_only_files_of_our_patterns_are_served(http: httpx.Client, outputs: Path, name: str) -> None:
    (outputs / "secret").write_text("secret")
    mine = outputs / "aigc-studio" / "runs" / "mine"
    mine.mkdir(exist_ok=True)
    (mine / "a.png").write_text("secret")
    for prefix in ("file=", "file/"):
        assert http.get(f"/gradio_api/{prefix}{outputs}/aigc-studio/{name}").status_code == 404


def test_repository_and_addresses_are_not_served(http: httpx.Client) -> None:
    root = Path(__file__).resolve().parents[2]
    for path in (
        root / "docs" / "gallery" / "faces.png",
        root / "demos" / "home.py",
        "http://127.0.0.1:1/x",
        "//evil/x",
    ):
        assert http.get(f"/gradio_api/file={path}").status_code == 404


def test_with_a_login_the_door_comes_first_and_the_login_after(tmp_path: Path) -> None:
    with served(tmp_path, "--auth", "me:secret") as address:
        http = httpx.Client(base_url=address.rstrip("/"), timeout=60)
        assert http.get("/config").status_code == 401
        assert http.post("/gradio_api/upload", files={"files": ("a", b"x")}).status_code == 401
        assert (
            http.post(
                "/login", data={"username": "me", "password": "secret"}, headers={"origin": "http://evil.example"}
            ).status_code
            == 403
        )
        assert http.post("/login", data={"username": "me", "password": "x" * 20_000}).status_code == 413
        assert http.post("/login", data={"username": "me", "password": "secret"}).status_code == 200
        client = Client(address, verbose=False, auth=("me", "secret"))
        assert client.predict(count=1, seed=1, api_name="/faces")[-1]["seed"] == 1


def test_a_trusted_name_is_answered(tmp_path: Path) -> None:
    with served(tmp_path, "--trust-host", "demo.example") as address:
        http = httpx.Client(base_url=address.rstrip("/"), timeout=60)
        headers = {"host": "demo.example", "origin": "https://demo.example"}
        assert http.post("/gradio_api/run/models", json={"data": ["all"]}, headers=headers).status_code == 200


def test_errors_name_no_folder_of_the_server(http: httpx.Client) -> None:
    for path in ("/etc/passwd", str(Path(__file__))):
        answer = http.post("/gradio_api/run/models", json={"data": [{"path": path, "meta": META}]})
        assert answer.status_code == 422 and json.dumps(path)[1:-1] not in answer.text
