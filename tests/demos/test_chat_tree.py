"""The branches of a conversation: nothing said is lost, and every branch can be gone back to."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from aigc_core.nlp.conversation import Turns
from demos.chat import tree as chat_tree


def talk(*texts: str) -> Turns:
    return [{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(texts)]


def test_an_edit_and_a_retry_make_siblings() -> None:
    tree = chat_tree.graft(None, talk("Hi", "Hello"), "chat-smollm2-135m")
    tree = chat_tree.graft(tree, talk("Hi", "Hey"))
    tree = chat_tree.graft(tree, talk("Good day", "Good day to you"))
    assert [node["parent"] for node in tree["nodes"]] == [-1, 0, 0, -1, 3]
    assert [node["model"] for node in tree["nodes"]] == ["", "chat-smollm2-135m", "", "", ""]
    again = chat_tree.graft(tree, talk("Hi", "Hello"))
    assert again["nodes"] == tree["nodes"]
    assert again["leaf"] == 1


def test_going_to_a_turn_brings_its_newest_end() -> None:
    tree = chat_tree.graft(None, talk("a", "b", "c", "d"))
    tree = chat_tree.graft(tree, talk("a", "b", "e", "f"))
    tree = chat_tree.graft(tree, talk("a", "g"))
    assert chat_tree.go_to(tree, 2) == ({**tree, "leaf": 3}, talk("a", "b", "c", "d"), "")
    assert chat_tree.go_to(tree, 1)[1] == talk("a", "b", "e", "f")
    assert chat_tree.go_to(tree, 99)[1] == talk("a", "g")
    unanswered = chat_tree.graft(tree, talk("a", "b", "why?"))
    assert chat_tree.go_to(unanswered, len(unanswered["nodes"]) - 1)[1:] == (talk("a", "b"), "why?")


@settings(max_examples=40)
@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=5), min_size=1, max_size=6))
def test_every_conversation_that_was_grafted_can_be_reached(talks: list[list[str]]) -> None:
    tree = chat_tree.empty()
    leaves = []
    for texts in talks:
        tree = chat_tree.graft(tree, talk(*texts))
        leaves.append(tree["leaf"])
    for texts, leaf in zip(talks, leaves, strict=True):
        assert chat_tree.path(tree, leaf) == talk(*texts)
    shown = chat_tree.view(tree)
    assert all(shown.count(f'data-node="{i}"') == 1 for i in range(len(tree["nodes"])))


def test_what_was_said_cannot_become_markup() -> None:
    shown = chat_tree.view(chat_tree.graft(None, talk("<script>alert(1)</script>", "ok")))
    assert "<script>" not in shown
    assert chat_tree.view(None) == ""


def test_the_tree_comes_back_from_the_exported_file(tmp_path: Path) -> None:
    file = tmp_path / "chat.json"
    file.write_text(json.dumps({"output": {"text": "b"}, "recipe": {}}), "utf-8")
    tree = chat_tree.graft(chat_tree.graft(None, talk("a", "x")), talk("a", "b"))
    chat_tree.add_to(file, tree)
    assert json.loads(file.read_text("utf-8"))["output"] == {"text": "b"}
    assert chat_tree.read(file, talk("a", "b")) == tree
    for broken in ("not json", '{"tree": {"nodes": [{"parent": 5, "role": "user", "content": "a", "model": ""}]}}', '{"tree": 3}'):  # fmt: skip
        file.write_text(broken, "utf-8")
        assert chat_tree.read(file, talk("a", "b")) == chat_tree.graft(None, talk("a", "b"))
