"""All branches of a conversation: an edited message or a retried reply becomes a sibling, nothing said is lost.

The tree is plain JSON, so that it lives in the page's state and in the exported file:
``{"nodes": [{"parent": -1, "role": "user", "content": "Hi", "model": ""}, …], "leaf": 0}``. A parent stands before its
children; −1 is above the first turns. ``leaf`` is the last turn of the conversation in the window.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aigc_core import recipe as recipes
from aigc_core import registry
from aigc_core.errors import AigcError
from aigc_core.nlp.conversation import Turns
from aigc_core.tasks.fields import MAX_TEXT
from demos.ui import models
from demos.ui.i18n import both

Tree = dict[str, Any]
MAX_NODES = 2000
DEEPEST = 40
"""Levels of the view."""
SHOWN = 90
"""Characters of a turn in the view."""


def empty() -> Tree:
    """A conversation that has not begun."""
    return {"nodes": [], "leaf": -1}


def graft(tree: Mapping[str, Any] | None, turns: Sequence[Mapping[str, str]], model: str = "") -> Tree:
    """The tree with ``turns`` as one of its branches, which becomes the current one; turns that are there are not repeated.

    Args:
        model: Who said a last turn that is new.
    """
    nodes = list((tree or empty())["nodes"])
    known = {(n["parent"], n["role"], n["content"]): i for i, n in reversed(list(enumerate(nodes)))}
    leaf = -1
    for at, turn in enumerate(turns):
        key = (leaf, turn["role"], turn["content"])
        if key not in known:
            if len(nodes) >= MAX_NODES:
                break
            by = model if at == len(turns) - 1 and turn["role"] == "assistant" else ""
            known[key] = len(nodes)
            nodes.append({"parent": leaf, "role": turn["role"], "content": turn["content"], "model": by})
        leaf = known[key]
    return {"nodes": nodes, "leaf": leaf}


def path(tree: Mapping[str, Any], node: int) -> Turns:
    """The conversation from its first turn to ``node``."""
    turns: Turns = []
    while node >= 0:
        turns.append({"role": tree["nodes"][node]["role"], "content": tree["nodes"][node]["content"]})
        node = tree["nodes"][node]["parent"]
    return turns[::-1]


def go_to(tree: Mapping[str, Any], node: int) -> tuple[Tree, Turns, str]:
    """The branch through ``node`` down to its newest end: tree, window, and the message box (a message without a reply)."""
    if not 0 <= node < len(tree["nodes"]):
        return dict(tree), path(tree, tree["leaf"]), ""
    for i in range(node + 1, len(tree["nodes"])):
        if tree["nodes"][i]["parent"] == node:
            node = _newest(tree, node)
            break
    turns = path(tree, node)
    message = turns.pop()["content"] if turns and turns[-1]["role"] == "user" else ""
    return {**tree, "leaf": node}, turns, message


def _newest(tree: Mapping[str, Any], node: int) -> int:
    """The newest turn below ``node``: parents stand before children, so the last one whose line passes through it."""
    below, last = {node}, node
    for i in range(node + 1, len(tree["nodes"])):
        if tree["nodes"][i]["parent"] in below:
            below.add(i)
            last = i
    return last


def view(tree: Mapping[str, Any] | None) -> str:
    """Every turn as a button, branches indented; the current branch is marked. All text escaped."""
    tree = tree or empty()
    if not tree["nodes"]:
        return ""
    children: dict[int, list[int]] = {}
    for i, node in enumerate(tree["nodes"]):
        children.setdefault(node["parent"], []).append(i)
    current = set()
    node = tree["leaf"]
    while node >= 0:
        current.add(node)
        node = tree["nodes"][node]["parent"]
    hint = both(
        "Edit or retry a turn and it becomes a branch of its own. Click any turn to go back to it.",
        "编辑或重试某一轮会产生新分支；点击任意一轮即可回到该分支。",
    )
    return f'<div class="branches"><p class="hint">{hint}</p><ul>{_list(tree, children, current)}</ul></div>'


def _list(tree: Mapping[str, Any], children: Mapping[int, list[int]], current: set[int]) -> str:
    """Every turn below −1: a line at one level as long as nothing branches, then a level per branch.

    Without recursion, and with :data:`DEEPEST` levels: a tree from a file may branch at every turn.
    """
    rows: list[str] = []
    waiting: list[tuple[int, int] | str] = [
        (-1, 0)
    ]  # a node whose children come next, and its level; or what closes one
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            rows.append(item)
            continue
        node, level = item
        below = children.get(node, [])
        opens = len(below) > 1 and level < DEEPEST
        for child in reversed(below):
            if opens:
                waiting += ["</ul></li>", (child, level + 1), f"<li><ul><li>{_button(tree, child, current)}</li>"]
            else:
                waiting += [(child, level), f"<li>{_button(tree, child, current)}</li>"]
    return "".join(rows)


def _button(tree: Mapping[str, Any], node: int, current: set[int]) -> str:
    turn = tree["nodes"][node]
    text = " ".join(turn["content"].split())
    shown = html.escape(text if len(text) <= SHOWN else text[: SHOWN - 1] + "…")
    who = both("you", "你") if turn["role"] == "user" else both("model", "模型")
    by = f'<span class="by">{html.escape(_title(turn["model"]))}</span>' if turn["model"] else ""
    mark = str(node in current).lower()
    return f'<button type="button" data-node="{node}" aria-current="{mark}"><span class="who">{who}</span><span>{shown}</span>{by}</button>'


def _title(model: str) -> str:
    try:
        return models.name_of(registry.find(model))
    except AigcError:
        return model


def add_to(file: Path, tree: Tree) -> None:
    """Put the tree into an exported JSON record."""
    record = json.loads(file.read_text("utf-8"))
    record["tree"] = tree
    file.write_text(json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")


def read(file: str | Path, turns: Turns) -> Tree:
    """The tree of an exported file with ``turns`` as the current branch; of those alone where the file has none that fits."""
    return of_record(recipes.read_record(file), turns)


def of_record(record: Mapping[str, Any], turns: Turns) -> Tree:
    """Like :func:`read`, of the object in the file. It may come from anybody: a tree that is not one of ours is passed over."""
    found = record.get("tree")
    listed = found.get("nodes") if isinstance(found, Mapping) else None
    nodes = listed[:MAX_NODES] if isinstance(listed, list) else []
    sound = all(_sound(node, i) for i, node in enumerate(nodes))
    kept = [{k: n[k] for k in ("parent", "role", "content", "model")} for n in nodes] if sound else []
    return graft({"nodes": kept, "leaf": -1}, turns)


def _sound(node: Any, at: int) -> bool:
    """True for a turn below an earlier one, which can be node ``at``."""
    if not isinstance(node, Mapping) or node.get("role") not in ("user", "assistant"):
        return False
    parent, content, model = node.get("parent"), node.get("content"), node.get("model")
    texts = isinstance(content, str) and len(content) <= MAX_TEXT and isinstance(model, str) and len(model) <= 100
    return type(parent) is int and -1 <= parent < at and texts
