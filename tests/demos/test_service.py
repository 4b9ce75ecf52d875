"""What operators look at: health, metrics, headers, logs; and what callers hear while the app takes no jobs."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from prometheus_client.parser import text_string_to_metric_families
from toy_app import served

from demos.ui import service
from demos.ui.lanes import Lanes
from demos.ui.logs import FACTS, JsonLines
from demos.ui.metrics import BUCKETS_S, Metrics

SECRET = "a prompt that nobody else may read"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("outputs")) as address:
        yield address.rstrip("/")


def scraped(text: str) -> dict[str, Any]:
    return {family.name: family for family in text_string_to_metric_families(text)}


def test_health_and_metrics_answer_and_count_jobs_without_their_content(url: str) -> None:
    assert httpx.get(f"{url}/health", timeout=60).json() == {"status": "ok"}
    client = Client(url, verbose=False)
    client.predict(count=1, prompt=SECRET, api_name="/faces")
    with pytest.raises(AppError):
        client.predict(count=1, prompt="bug", api_name="/faces")
    text = httpx.get(f"{url}/metrics", timeout=60).text
    counted = {(s.labels["task"], s.labels["state"]): s.value for s in scraped(text)["aigc_jobs"].samples}
    assert counted["faces", "done"] >= 1 and counted["faces", "failed"] >= 1
    assert SECRET not in text


def test_metrics_are_not_for_those_who_come_through_a_proxy(url: str) -> None:
    assert httpx.get(f"{url}/metrics", timeout=60, headers={"x-forwarded-for": "127.0.0.1"}).status_code == 404


@pytest.mark.parametrize("path", ["/", "/config", "/health", "/nothing-here"])
def test_every_answer_has_the_headers_once(url: str, path: str) -> None:
    found = httpx.get(f"{url}{path}", timeout=60).headers
    for name, value in service.headers():
        assert found.get_list(name.decode()) == [value.decode()]


def test_a_space_may_be_shown_in_the_hub_and_nothing_else_in_any_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPACE_ID", raising=False)
    assert service.policy().endswith("frame-ancestors 'self'")
    monkeypatch.setenv("SPACE_ID", "a/b")
    assert "frame-ancestors 'self' https://huggingface.co" in service.policy()


def test_the_histogram_adds_up_and_its_buckets_grow() -> None:
    metrics = Metrics()
    for seconds in (0.05, 0.3, 0.3, 7.0, 4000.0):
        metrics.ended("faces", "done", seconds)
    metrics.ended("faces", "stopped", 3.0)
    samples = scraped(metrics.text(Lanes().load(), draining=False))["aigc_job_seconds"].samples
    buckets = [s.value for s in samples if s.name.endswith("_bucket")]
    assert len(buckets) == len(BUCKETS_S) + 1 and buckets == sorted(buckets) and buckets[-1] == 5
    assert next(s.value for s in samples if s.name.endswith("_count")) == 5
    assert next(s.value for s in samples if s.name.endswith("_sum")) == pytest.approx(4007.65)


def test_a_draining_app_shows_the_page_for_busy_and_takes_no_jobs(tmp_path: Path) -> None:
    from demos.ui import page

    studios: list[Any] = []
    build = page.build
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            page, "build", lambda studio, *rest, **named: (studios.append(studio), build(studio, *rest, **named))[1]
        )
        with served(tmp_path) as address:
            url = address.rstrip("/")
            client = Client(url, verbose=False)
            studios[0].lanes.close()
            shown = httpx.get(f"{url}/", timeout=60)
            assert shown.status_code == 503 and int(shown.headers["retry-after"]) > 0
            assert "about to restart" in shown.text and "即将重启" in shown.text
            assert httpx.get(f"{url}/health", timeout=60).status_code == 503
            refused = httpx.post(f"{url}/gradio_api/call/v2/faces", json={"count": 1}, timeout=60)
            assert refused.status_code == 503 and refused.headers["retry-after"] == "60"
            assert "takes no new jobs" in refused.text and "暂不接受新任务" in refused.text
            with pytest.raises(Exception, match="Queue is full"):  # what the client says for 503
                client.predict(count=1, api_name="/faces")


def logged(caught: list[logging.LogRecord]) -> list[dict[str, Any]]:
    return [json.loads(JsonLines().format(record)) for record in caught]


def test_a_job_is_one_line_of_json_and_no_line_holds_what_was_asked(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="demos")
    Client(url, verbose=False).predict(count=2, prompt=SECRET, api_name="/faces")
    lines = logged(caplog.records)
    (job,) = [line for line in lines if line.get("state") == "done"]
    assert (job["task"], job["model"], job["level"]) == ("faces", "faces-toy", "info")
    assert job["seconds"] >= 0 and not any(SECRET in json.dumps(line) for line in lines)


def test_an_unforeseen_error_is_told_by_kind_and_place_and_not_by_its_message() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        record = logging.LogRecord("a", logging.ERROR, __file__, 1, "it failed", (), sys.exc_info())
    setattr(record, FACTS, {"task": "faces"})
    line = JsonLines().format(record)
    found = json.loads(line)
    assert SECRET not in line and "\n" not in line
    assert found["error"] == "ValueError" and found["task"] == "faces"
    assert found["where"][-1].startswith("test_service.py:")
