"""Dialogue: a conversation through the model's own chat template, with edit, retry, undo and all its branches.

Rows in aigc_core/catalog/chat.py; pipelines in aigc_core/pipelines/text/causal_lm.py and aigc_core/pipelines/text/reranked_chat.py;
how a token is drawn in aigc_core/sampling/text/tokens.py. The page keeps the conversation in the chat window and its branches in
the page's state; the endpoint takes the conversation as ``history``.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from aigc_core import registry
from aigc_core.tasks.chat import ChatRequest
from demos.chat import endpoints
from demos.chat import inside as chat_inside
from demos.chat import tree as chat_tree
from demos.chat import view as chat_view
from demos.chat.talk import EXTRAS, ChatTab, Outputs
from demos.ui import mistake, models, openings, player
from demos.ui.assets import markdown, read
from demos.ui.chat_window import ChatWindow, released
from demos.ui.components import Dropdown, JSONInput, PageButton, PageHTML, PageTextbox, Textbox
from demos.ui.gallery import example_output
from demos.ui.i18n import Text, t
from demos.ui.player import Update
from demos.ui.studio import Studio
from demos.ui.wiring import QUIET, wire_stop

TITLE = Text("Dialogue", "对话")
LEAD = Text(
    "Talk with a small language model on your own machine. Edit or retry any turn and return to any branch, ask two models at once, and see exactly what the model is given.",
    "与运行在本机的小型语言模型对话。任意一轮都可编辑、重试并随时回到任一分支，也可让两个模型回答同一条消息，并查看实际送入模型的文本。",
)
PERSONA = Text(
    "The model from scratch reads it as a persona: sentences about itself, such as “I have two dogs.”",
    "从零训练的模型把它当作人设：用英文写几句自我介绍，如 “I have two dogs.”",
)


def build(studio: Studio) -> None:
    opening = example_output("chat")
    started = chat_tree.graft(None, chat_view.opening(opening), opening["recipe"]["model"] if opening else "")
    with ChatTab(studio, ChatRequest, LEAD, verb=Text("Send", "发送")) as tab:
        with tab.right():
            tab.window = tab.bind(
                "history",
                ChatWindow(
                    chat_view.opening(opening),
                    height=460,
                    editable="user",
                    buttons=["copy", "copy_all"],
                    show_label=False,
                    feedback_options=None,
                    layout="bubble",
                    elem_classes=["chat"],
                    allow_tags=False,
                    placeholder="",
                    group_consecutive_messages=False,
                ),
            )
            tab.window.mark = chat_view.STOPPED
            beside = PageHTML("", elem_classes=["duelbox"], padding=False)
        with tab.left():
            tab.message = tab.bind(
                "message",
                Textbox(
                    "",
                    lines=1,
                    max_lines=10,
                    max_length=20_000,
                    show_label=False,
                    label=t("Message", "消息"),
                    placeholder=t("Write a message; Shift+Enter for a new line", "输入消息，Shift+Enter 换行"),
                    elem_classes=["message"],
                ),
            )
        with tab.more():
            tab.model()
            tab.fields["beside"] = Dropdown(
                [("—", ""), *((models.labelled(spec), spec.name) for spec in registry.list_models("chat"))],
                value="",
                label=t("Second model on the same message", "同时回答的第二个模型"),
                filterable=False,
                elem_classes=["beside"],
            )
            fresh = PageButton(t("New conversation", "新对话"), size="sm", elem_classes=["fresh"])
            meter = PageHTML(chat_view.opening_meter(opening), elem_classes=["meterbox"], padding=False)
            with gr.Accordion(t("Branches", "分支"), open=False):
                branches = PageHTML(
                    chat_tree.view(started), js_on_load=read("chat", "branches.component.js"), padding=False
                )
            with tab.advanced():
                tab.control("system_prompt", lines=2, max_lines=8, info=t(*PERSONA))
                tab.seed()
                tab.control("max_new_tokens", maximum=512)
                for name in ("temperature", "top_p", "top_k", "min_p", "typical_p", "repetition_penalty", "watermark"):
                    tab.control(name, **({"step": 0.01} if name == "min_p" else {}))
                tab.control(
                    "candidates",
                    info=t(
                        "model from scratch only: replies drawn, the best fitting is kept; 0: its default",
                        "仅用于从零训练的模型：生成多个回复并保留最贴合的一个；0 表示默认值",
                    ),
                )
                tab.control(
                    "stop", lines=2, info=t("one per line; \\n stands for a line break", "每行一个；\\n 表示换行")
                )
            with gr.Accordion(t("Replies considered", "候选回复"), open=False):
                considered = PageHTML(chat_view.considered(None), padding=False)
            with gr.Accordion(t("Exact prompt given to the model", "送入模型的实际提示词"), open=False):
                prompt = PageTextbox(
                    opening["output"]["rendered_prompt"] if opening else "",
                    lines=6,
                    max_lines=16,
                    show_label=False,
                    interactive=False,
                    elem_classes=["exact"],
                )
            tab.files_and_recipe()
            tree = tab.fields["tree"] = gr.State(started)
        inside = chat_inside.build()
        if opening:
            tab.recipe.value, tab.chosen.value = opening["recipe"], openings.chosen("chat")
        tab.outputs = Outputs(
            window=tab.window,
            message=tab.message,
            meter=meter,
            prompt=prompt,
            considered=considered,
            beside=beside,
            tree=tree,
        )
        tab.run_with(tab.converse, tab.outputs.components, endpoint=None, also=[tab.message])
        _wire_turns(tab)
        cleared = {
            tab.window: [],
            meter: "",
            prompt: "",
            considered: chat_view.considered(None),
            beside: "",
            tree: chat_tree.empty(),
            branches: "",
        }
        gr.on([fresh.click, tab.window.clear], lambda: cleared, [], list(cleared), **QUIET)
        _wire_endpoint(tab)
        chat_inside.wire(tab, tab.window, *inside)
        endpoints.wire(studio)
        tab.examples(
            [
                (
                    "A short story",
                    "短故事",
                    {"message": "Write a four-sentence story about a lighthouse keeper who is afraid of the dark."},
                ),
                ("Explain", "讲解", {"message": openings.CHAT["message"], "model": openings.CHAT["model"], "seed": 2}),
                (
                    "From scratch",
                    "从零训练",
                    {
                        "model": "chat-gpt-en",
                        "system_prompt": "I have two dogs. I work as a nurse.",
                        "message": "What do you do for a living?",
                    },
                ),
                (
                    "Side by side",
                    "并排对比",
                    {
                        "model": "chat-gpt-en",
                        "beside": "chat-smollm2-135m",
                        "message": "What do you like to do for fun?",
                    },
                ),
                ("Names", "取名", {"message": "Give me five names for a ginger cat."}),
                (
                    "Polite email",
                    "邮件",
                    {"message": "Write a short polite email asking my landlord to repair the heating."},
                ),
            ]
        )
        _wire_branches(tab, branches)
        mistake.place("mistake-chat", mistake.CHAT, Text(openings.SKY["message"], "请向孩子解释天空为什么是蓝色的。"))
        tab.how(*markdown("chat", "how"), source="aigc_core/pipelines/text/causal_lm.py", lessons=["text"])


def _wire_turns(tab: ChatTab) -> None:
    """Retry, edit and undo: the window is cut back, the message put into its box and sent again; the tree keeps the rest."""
    both = [tab.window, tab.message]
    tree = tab.fields["tree"]

    def back(conversation: list[Any], data: gr.RetryData) -> tuple[Any, str]:
        return chat_view.back_to(conversation, data.index)

    def undone(conversation: list[Any], branches: Any, data: gr.UndoData) -> tuple[Any, str, Any]:
        earlier, message = chat_view.back_to(conversation, data.index)
        return earlier, message, chat_tree.graft(branches, chat_view.plain(earlier))

    def edited(conversation: list[Any], data: gr.EditData) -> tuple[Any, str]:
        earlier, _ = chat_view.back_to(conversation, data.index)
        return earlier, released(chat_view.text_of(data.value))

    tab.converse_again(tab.window.retry(back, [tab.window], both, **QUIET))
    tab.converse_again(tab.window.edit(edited, [tab.window], both, **QUIET))
    tab.window.undo(undone, [tab.window, tree], [*both, tree], **QUIET)


def _wire_branches(tab: ChatTab, branches: Any) -> None:
    """The view follows the tree; a click on a turn stops what runs and brings its branch back into the window."""
    tree = tab.fields["tree"]

    def go(shown: Any, data: gr.EventData) -> Update:
        node = getattr(data, "node", None)
        grown, turns, message = chat_tree.go_to(shown or chat_tree.empty(), node if isinstance(node, int) else -1)
        conversation = {tab.window: turns, tab.message: message, tree: grown, branches: chat_tree.view(grown)}
        return {**conversation, tab.status: player.IDLE, **tab.report.idle()}

    shown = [tab.window, tab.message, tree, branches, tab.status, tab.go, tab.stop]
    wire_stop(branches.click, go, [tree], shown, tab.running)
    tree.change(chat_tree.view, [tree], [branches], **QUIET)


def _wire_endpoint(tab: ChatTab) -> None:
    with gr.Row(visible=False):
        own = {"message": Textbox("", label="message"), "history": JSONInput([], label="history")}
        reply, recipe = gr.Textbox(label="reply"), gr.JSON(label="recipe")
    inputs = {**own, **{name: field for name, field in tab.fields.items() if name not in own and name not in EXTRAS}}
    tab.endpoint(tab.answer(reply, recipe), inputs, [reply, recipe], "chat")
