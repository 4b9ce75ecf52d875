"""Parts of the page that are sent to it when they are opened, such as all tabs but the first.

Everything is built at the start: handlers, endpoints and the guard know all events. What a browser gets at first are the parts
that stand open; an *opener* brings one of the others by the way that Gradio has for ``gr.render``. Programs get everything, as
they ask for ``/config``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import gradio as gr
from gradio import processing_utils
from gradio.blocks import Block, BlockContext
from gradio.components.api_component import Api
from gradio.context import get_blocks_context, set_render_context
from gradio.utils import safe_deepcopy

from demos.ui.wiring import QUIET

PAGE = ""
"""The name of Gradio's only page here."""


class Page(gr.Blocks):
    """Blocks with sections; see :meth:`section`."""

    def __init__(self, **options: Any) -> None:
        self._sections: dict[int, BlockContext] = {}
        """Containers by the number of the event that opens them."""
        self._rendered: dict[int, Any] = {}
        self._made = 0
        super().__init__(**options)

    @contextmanager
    def section(self, opened: Any) -> Iterator[None]:
        """Send the components built inside to a browser at the first event ``opened``, such as ``tab.select``."""
        self._made += 1
        name = f"section-{self._made}"
        with gr.Column(elem_id=name) as container:
            yield
        event = opened(_nothing, [], [], js=f"() => aigcSections.open('{name}')", **QUIET)
        self._sections[event["id"]] = container

    @contextmanager
    def undone_on_error(self, parent: BlockContext) -> Iterator[None]:
        """Take out of ``parent`` and of the page what was built inside before an error, which is raised again."""
        config = self.default_config
        blocks, fns, children = dict(config.blocks), dict(config.fns), list(parent.children)
        try:
            yield
        except Exception:
            config.blocks, config.fns, parent.children = blocks, fns, children
            set_render_context(parent)
            raise

    def get_config_file(self) -> Any:
        """Gradio's configuration, with the open part alone for browsers."""
        config: Any = super().get_config_file()
        first = config["page"][PAGE]
        first["layout"], shown, events = self._open_part(first["layout"])
        first["components"] = [id for id in first["components"] if id in shown]
        public = [id for id, fn in self.fns.items() if fn.api_visibility == "public"]  # the page lists all endpoints
        first["dependencies"] = sorted({*events, *public})
        for component in config["components"]:
            _keep_empty(component)
        self._rendered.clear()
        return config

    def first_types(self) -> set[str]:
        """Gradio's names of the kinds of components that a browser shows at first."""
        config: Any = self.config
        first = set(config["page"][PAGE]["components"])
        shown = [c for c in config["components"] if c["id"] in first and c["props"].get("visible") is not False]
        return {component["type"] for component in shown}

    def _open_part(self, layout: Mapping[str, Any]) -> tuple[dict[str, Any], set[int], list[int]]:
        """A layout without what is inside of closed sections; its components, and the events that are theirs alone."""
        root = int(layout["id"])
        sections = {container._id for container in self._sections.values()}
        apis = {id for id, block in self.blocks.items() if isinstance(block, Api)}
        pruned = _pruned(layout, sections - {root}, apis)
        inside, shown = set(_ids(layout)), set(_ids(pruned))

        def belongs(touched: set[int]) -> bool:
            """True for what is about components that are shown here; what is about none belongs to the page."""
            return touched <= inside and not touched & (inside - shown) if touched else root not in sections

        return pruned, shown, [id for id, fn in self.fns.items() if belongs(self._touched(fn))]

    async def process_api(self, block_fn: Any, inputs: Any, *args: Any, **rest: Any) -> dict[str, Any]:
        """Gradio's own, and with the answer to an opener the section."""
        answer: dict[str, Any] = await super().process_api(block_fn, inputs, *args, **rest)
        fn = block_fn if not isinstance(block_fn, int) else self.fns[block_fn]
        if fn._id in self._sections:
            shown, root = safe_deepcopy(self._section(fn._id)), rest.get("root_path")
            answer["render_config"] = shown if root is None else processing_utils.add_root_url(shown, root, None)
        return answer

    def _section(self, opener: int) -> Mapping[str, Any]:
        """A section as Gradio sends what ``gr.render`` has made; the same for every visitor."""
        if opener not in self._rendered:
            layout, shown, events = self._open_part(_layout(self._sections[opener]))
            self._rendered[opener] = {
                "page": {},
                "layout": layout,
                "components": [self._component(id) for id in sorted(shown)],
                "dependencies": [self.fns[id].get_config() for id in events],
                "render_id": opener,
            }
        return self._rendered[opener]  # type: ignore[no-any-return]

    def _component(self, id: int) -> dict[str, Any]:
        """A component's configuration; it says whether it can be edited, which a browser finds out of the first page's alone."""
        config: dict[str, Any] = self.default_config.config_for_block(id, [], self.blocks[id])
        if getattr(self.blocks[id], "interactive", False) is None:
            read = any(block._id == id for fn in self.fns.values() for block in fn.inputs)
            written = any(block._id == id for fn in self.fns.values() for block in fn.outputs)
            empty = not config["props"].get("value") and config["props"].get("value") != 0
            config["props"] = {**config["props"], "interactive": read or (empty and not written)}
        _keep_empty(config)
        return config

    def _touched(self, fn: Any) -> set[int]:
        """The components that an event and those before it are about; the page itself counts as none."""
        own = {target for target, _ in fn.targets if target is not None} | {
            block._id for block in (*fn.outputs, *fn.inputs)
        }
        before = self._touched(self.fns[fn.trigger_after]) if fn.trigger_after is not None else set()
        return (own | before) - {self._id}


@contextmanager
def when_expanded(accordion: Any) -> Iterator[None]:
    """Send the components built inside of a closed accordion when it is expanded; outside of a :class:`Page` at once."""
    page = get_blocks_context()
    root = page.root_block if page is not None else None
    if accordion.open or not isinstance(root, Page):
        yield
        return
    with root.section(accordion.expand):
        yield


def _keep_empty(config: dict[str, Any]) -> None:
    """Say that a number is empty: where its value is left out, as Gradio leaves it, the page begins at 0 and sends that."""
    if config["type"] == "number":
        config["props"].setdefault("value", None)


def _nothing() -> None:
    """The section itself comes with the answer."""


def _layout(block: Block) -> dict[str, Any]:
    if not isinstance(block, BlockContext):
        return {"id": block._id}
    return {"id": block._id, "children": [_layout(child) for child in block.children]}


def _ids(layout: Mapping[str, Any]) -> list[int]:
    return [layout["id"], *(id for child in layout.get("children", ()) for id in _ids(child))]


def _pruned(layout: Mapping[str, Any], closed: set[int], left_out: set[int]) -> dict[str, Any]:
    """The layout without what is inside of ``closed``, and without ``left_out``."""
    if "children" not in layout:
        return dict(layout)
    children = [] if layout["id"] in closed else [c for c in layout["children"] if c["id"] not in left_out]
    return {**layout, "children": [_pruned(child, closed, left_out) for child in children]}
