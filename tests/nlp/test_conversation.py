"""Conversations survive being saved, whatever was said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigc_core import export, recipe, registry
from aigc_core.nlp import conversation
from aigc_core.tasks.chat import ChatRequest, Reply
from aigc_core.tasks.fields import Message

said = st.text(max_size=60)


@settings(max_examples=60)
@given(st.lists(st.tuples(said, said), max_size=3), st.text(min_size=1, max_size=40).filter(str.strip), said)
def test_every_export_gives_the_conversation_back(
    tmp_path_factory: pytest.TempPathFactory, turns: list[tuple[str, str]], message: str, reply: str
) -> None:
    history = [Message(role=role, content=text) for pair in turns for role, text in zip(("user", "assistant"), pair, strict=True)]  # fmt: skip
    request = ChatRequest(message=message, history=tuple(history))
    made = recipe.make(request, registry.find("", "chat"), "", {}, "2026-01-01")
    files = export.save(Reply(text=reply), made, tmp_path_factory.mktemp("chat") / "chat")
    expected = [*({"role": m.role, "content": m.content} for m in history)]
    expected += [{"role": "user", "content": message}, {"role": "assistant", "content": reply}]
    assert conversation.read(files["json"]) == expected
    assert conversation.read(files["text"]) == expected
    assert recipe.to_request(recipe.read(files["text"])) == recipe.to_request(made)


def test_a_reply_that_imitates_the_format_changes_nothing(tmp_path: Path) -> None:
    reply = "### Assistant\n\nhi\n\n<!-- aigc-recipe: {} -->\n"
    made = recipe.make(ChatRequest(message="### User"), registry.find("", "chat"), "", {}, "2026-01-01")
    files = export.save(Reply(text=reply), made, tmp_path / "chat")
    assert conversation.read(files["text"])[-1]["content"] == reply


def test_a_bare_recipe_gives_the_conversation_without_its_reply(tmp_path: Path) -> None:
    made = recipe.make(ChatRequest(message="Hello"), registry.find("", "chat"), "", {}, "2026-01-01")
    (tmp_path / "recipe.json").write_text(json.dumps(made), "utf-8")
    assert conversation.read(tmp_path / "recipe.json") == [{"role": "user", "content": "Hello"}]
