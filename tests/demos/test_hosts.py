"""Names that the server answers to, and pages that may send to it."""

from __future__ import annotations

import pytest

from demos.ui.hosts import TrustedHosts, is_loopback


@pytest.mark.parametrize(
    "host", ["127.0.0.1:7860", "localhost", "LOCALHOST:1", "[::1]:7860", "127.8.8.8", "app.localhost"]
)
def test_this_machine_answers_to_its_own_names(host: str) -> None:
    assert TrustedHosts("127.0.0.1").trusts(host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "192.0.2.7", "", ":80", "[::1", "0.0.0.0",
        "a.gradio.live", "x.hf.space", "evil.example:7860", "127.0.0.1@evil.example",
    ],
)  # fmt: skip
def test_and_to_no_others(host: str) -> None:
    assert not TrustedHosts("127.0.0.1").trusts(host)


def test_on_the_network_addresses_cannot_be_rebound_but_names_can(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = TrustedHosts("0.0.0.0", names=["demo.example", ".lab.example"])
    for name in ("192.168.1.5:7860", "[2001:db8::1]", "demo.example", "a.b.lab.example", "127.0.0.1"):
        assert hosts.trusts(name)
    for name in ("evil.example", "xdemo.example", "lab.example.evil"):
        assert not hosts.trusts(name)


def test_a_share_link_is_trusted_once_it_is_known() -> None:
    link: list[str | None] = [None]
    hosts = TrustedHosts("127.0.0.1", share_url=lambda: link[0])
    assert not hosts.trusts("abc.gradio.live")
    link[0] = "https://abc.gradio.live"
    assert hosts.trusts("abc.gradio.live") and not hosts.trusts("other.gradio.live")
    assert hosts.trusts_page("https://abc.gradio.live", "127.0.0.1:7860")
    assert not hosts.trusts_page("https://other.gradio.live", "127.0.0.1:7860")


def test_a_space_answers_to_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_ID", "user/space")
    monkeypatch.setenv("SPACE_HOST", "user-space.hf.space")
    hosts = TrustedHosts("0.0.0.0")
    assert hosts.trusts("user-space.hf.space") and hosts.trusts("10.1.2.3:7860")
    assert hosts.trusts_page("https://user-space.hf.space", "user-space.hf.space")
    assert hosts.trusts_page("https://user-space.hf.space", "10.1.2.3:7860")
    assert not hosts.trusts_page("https://evil.hf.space", "user-space.hf.space")


@pytest.mark.parametrize(
    ("origin", "host", "may"),
    [
        ("http://127.0.0.1:7860", "127.0.0.1:7860", True), ("http://localhost:7860", "localhost:7860", True),
        ("http://[::1]:7860", "[::1]:7860", True), ("https://localhost", "localhost", True),
        ("http://localhost:3000", "localhost:7860", False), ("http://127.0.0.1:7860", "localhost:7860", False),
        ("null", "127.0.0.1:7860", False), ("http://evil.example", "127.0.0.1:7860", False),
        ("file://", "127.0.0.1", False), ("http://[", "127.0.0.1", False), ("http://127.0.0.1:x", "127.0.0.1", False),
        ("http://127.0.0.1:7860.evil.example", "127.0.0.1:7860", False),
    ],
)  # fmt: skip
def test_only_our_own_page_sends(origin: str, host: str, may: bool) -> None:
    assert TrustedHosts("127.0.0.1").trusts_page(origin, host) is may


def test_loopback() -> None:
    assert [is_loopback(h) for h in ("127.0.0.1", "::1", "[::1]", "localhost", "::ffff:127.0.0.1")] == [True] * 5
    assert [is_loopback(h) for h in ("0.0.0.0", "::", "192.168.0.1", "example.org", "")] == [False] * 5
