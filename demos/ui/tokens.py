"""Generated text as HTML in which every token shows how likely it was and what else could have stood there.

The value only ever grows at its end while text streams, so that Gradio sends what is new and nothing else. The script
moves between tokens (hover, arrow keys, tap) and fills the panel of their ``.tokgroup``; the panel's buttons continue from
another choice (:mod:`demos.continue_text.branch_trail`), except in a group that is ``readonly``.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from typing import Any

from aigc_core.tasks.continue_text import Text
from aigc_core.tasks.decoding import Token
from demos.ui.i18n import both

BANDS = ((0.5, "a"), (0.1, "b"), (0.01, "c"), (0.0, "d"))
_UNSPEAKABLE = re.compile(r"<\|.*\|>|</?s>|(\\x[0-9a-f]{2})+")
"""Special tokens and parts of characters: shown, but no text can go on from them."""


def view(prompt: str, output: Text) -> str:
    """The prompt, then one span per token; everything escaped."""
    given = html.escape(prompt)
    return f'<span class="given" data-text="{given}">{given}</span>' + "".join(map(span, output.tokens))


def span(token: Token) -> str:
    """One token: its text, probability band, and its alternatives as JSON for the panel."""
    shown = html.escape(token.text)
    options = [[text, p, _UNSPEAKABLE.fullmatch(text) is None] for text, p in token.alternatives]
    data = html.escape(json.dumps(options, ensure_ascii=False, separators=(",", ":")))
    kind = "tok " + band(token.probability) + (" nl" if "\n" in token.text else "") + ("" if token.text else " part")
    return (
        f'<span class="{kind}" role="button" tabindex="-1" data-p="{token.probability:.4g}" data-text="{shown}" '
        f'data-alts="{data}">{shown}</span>'
    )


def band(probability: float) -> str:
    """The CSS class of a probability: ``pa`` likely … ``pd`` surprising."""
    return "p" + next(name for limit, name in BANDS if probability >= limit)


def of_record(record: Mapping[str, Any]) -> tuple[str, Text]:
    """Prompt and output of a saved JSON record."""
    output = record["output"]
    tokens = tuple(
        Token(text=t["text"], probability=t["probability"], alternatives=tuple((a[0], a[1]) for a in t["alternatives"]))
        for t in output["tokens"]
    )
    return record["recipe"]["parameters"]["prompt"], Text(text=output["text"], tokens=tokens)


LEGEND = f"""<div class="legend"><span>{both("Probability of each token", "每个 token 的概率")}</span>
<span class="tok pa">≥ 50 %</span><span class="tok pb">10–50 %</span><span class="tok pc">1–10 %</span><span class="tok pd">&lt; 1 %</span></div>"""


def panel(en: str, zh: str) -> str:
    """Where the script shows a token's alternatives; the hint stands there until then."""
    return f'<div class="alts" aria-live="polite"><p class="hint">{both(en, zh)}</p><div class="rows"></div></div>'


PANEL = panel(
    "Point at a token, tap it, or tab into the text and use the arrow keys: its ten likeliest alternatives appear here. Click one to continue from it.",
    "将鼠标移到某个 token 上、点按它，或用 Tab 键进入文本后按方向键：此处列出该位置概率最高的 10 个候选，点击任意一个即可从那里改写。",
)

CSS = """
.tokens.prose, .tokens > .prose { white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.9; font-size: 1rem; min-height: 190px; max-height: 420px;
  overflow-y: auto; padding: 12px 14px !important; border: 1px solid var(--border-color-primary); border-radius: 8px; background: var(--background-fill-primary); }
.tokens .given { color: var(--body-text-color); }
.tok { border-radius: 3px; padding: 2px 0; cursor: pointer; color: #0f172a; }
.tok.pa { background: #ccfbf1; } .tok.pb { background: #fef9c3; } .tok.pc { background: #fed7aa; } .tok.pd { background: #fecaca; }
.dark .tok { color: #f1f5f9; }
.dark .tok.pa { background: #134e4a; } .dark .tok.pb { background: #4d4100; } .dark .tok.pc { background: #6b2f0a; } .dark .tok.pd { background: #7f1d1d; }
.tok.nl::before { content: "↵"; opacity: .7; } .tok.part::before { content: "▫"; opacity: .7; }
.tok:hover, .tok.on { box-shadow: inset 0 -2px 0 var(--primary-600); }
.tokens .tok.on { outline: 2px solid var(--primary-600); outline-offset: 0; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 8px; align-items: center; font-size: .8125rem; color: var(--body-text-color-subdued); }
.legend .tok { padding: 1px 8px; cursor: default; }
.alts { min-height: 236px; font-size: .875rem; }
.alts .hint { margin: 4px 0; color: var(--body-text-color-subdued); line-height: 1.6; }
.alts .head { margin: 2px 0 6px; }
.alts .list { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 3px 12px; grid-auto-flow: column; grid-template-rows: repeat(5, auto); }
.alts .opt { display: grid; grid-template-columns: minmax(0, 1fr) 58px; align-items: center; gap: 8px; width: 100%; min-height: 36px; text-align: left; color: inherit;
  font: inherit; padding: 3px 8px; border: 1px solid var(--border-color-primary); border-radius: 6px; box-sizing: border-box;
  background: linear-gradient(90deg, var(--primary-100) var(--w), transparent var(--w)); }
.alts button { cursor: pointer; }
.dark .alts .opt { background: linear-gradient(90deg, #115e59 var(--w), transparent var(--w)); }
.alts button:hover:enabled { border-color: var(--primary-600); } .alts button:disabled { cursor: default; }
.alts .opt.chosen { font-weight: 650; border-color: var(--primary-600); }
.alts .opt code { overflow: hidden; text-overflow: ellipsis; white-space: pre; font-family: var(--font-mono); background: none; border: 0; padding: 0; color: inherit; }
.alts .opt span { text-align: right; font-variant-numeric: tabular-nums; }
.tokgroup.readonly .alts .opt { min-height: 30px; }
.tokgroup.readonly .alts .list { grid-auto-flow: row; grid-template-rows: none; grid-template-columns: repeat(5, minmax(0, 1fr)); }
@media (max-width: 640px) { .tokgroup.readonly .alts .list { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media (max-width: 640px) { .tokgroup:not(.readonly) .alts .list { grid-template-columns: minmax(0, 1fr); grid-auto-flow: row; grid-template-rows: none; } .tokgroup:not(.readonly) .alts { min-height: 440px; } }
"""

JS = """
(() => {  // the tokens of a text: which one is looked at, and the panel with its alternatives
  if (window.aigcTokens) return;  // two tabs of a page bring this script
  window.aigcTokens = true;
  const percent = p => (p >= .1 ? (p * 100).toFixed(1) : (p * 100).toPrecision(2)) + " %";
  const visible = text => text.replaceAll(" ", "␣").replaceAll("\\n", "↵").replaceAll("\\t", "⇥") || "∅";
  const make = (tag, text, kind) => Object.assign(document.createElement(tag), { textContent: text ?? "", className: kind ?? "" });
  const at = event => event.target.closest?.(".tokgroup .tokens .tok");
  const siblings = token => [...token.closest(".tokens").querySelectorAll(".tok")];
  const chinese = () => document.documentElement.lang.startsWith("zh");
  let pinned = null;  // the group whose token stays when the mouse goes on
  const before = token => {
    let text = "";
    for (const part of token.closest(".tokens").querySelectorAll("[data-text]")) {
      if (part === token) break;
      text += part.dataset.text;
    }
    return text;
  };
  const headline = token => {
    const { text, p, bits, rank, of, note } = token.dataset, head = make("p", "", "head");
    head.append(make("code", visible(text)));
    if (bits) {
      const place = `${(+rank).toLocaleString()} / ${(+of).toLocaleString()}`;
      head.append(chinese() ? ` ${bits} bit · 概率 ${percent(+p)} · 排名 ${place}` : ` ${bits} bits · ${percent(+p)} · rank ${place}`);
    } else if (p) { head.append(" " + percent(+p)); }
    if (note) { head.append(" " + note); }
    return head;
  };
  const option = (token, fixed, [text, p, usable]) => {
    const choice = make(fixed ? "div" : "button", "", "opt" + (text === token.dataset.text ? " chosen" : ""));
    choice.style.setProperty("--w", Math.round(p * 100) + "%");
    choice.append(make("code", visible(text)), make("span", percent(p)));
    if (!fixed) {
      choice.type = "button"; choice.disabled = !usable;
      choice.onclick = () => window.aigcTrail.branch(before(token), text, token);
    }
    return choice;
  };
  const look = token => {
    const group = token.closest(".tokgroup"), list = make("div", "", "list");
    group.querySelectorAll(".tokens .tok").forEach(other => { other.classList.toggle("on", other === token); });
    siblings(token).forEach(other => { other.tabIndex = other === token ? 0 : -1; });
    const options = JSON.parse(token.dataset.alts || "[]"), fixed = group.classList.contains("readonly");
    list.append(...options.map(entry => option(token, fixed, entry)));
    group.querySelector(".alts .rows").replaceChildren(headline(token), list);
    group.querySelector(".alts .hint").hidden = true;
  };
  document.addEventListener("mouseover", event => { const token = at(event); if (token && pinned !== token.closest(".tokgroup")) look(token); });
  document.addEventListener("click", event => {
    const token = at(event), group = token?.closest(".tokgroup");
    if (token) { pinned = pinned === group && token.classList.contains("on") ? null : group; look(token); }
  });
  document.addEventListener("focusin", event => { const token = at(event); if (token && !token.classList.contains("on")) look(token); });
  document.addEventListener("keydown", event => {
    const token = at(event);
    if (!token) return;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10 }[event.key];
    if (step) {
      const tokens = siblings(token), next = tokens[Math.max(0, Math.min(tokens.length - 1, tokens.indexOf(token) + step))];
      event.preventDefault(); pinned = token.closest(".tokgroup"); look(next); next.focus();
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault(); pinned = token.closest(".tokgroup"); look(token); pinned.querySelector(".alts button:enabled")?.focus();
    } else if (event.key === "Escape") { pinned = null; }
  });
  new MutationObserver(() => document.querySelectorAll(".tokgroup .tokens").forEach(box => {
    if (!box.querySelector('.tok[tabindex="0"]')) { box.querySelector(".tok")?.setAttribute("tabindex", "0"); }
  })).observe(document, { childList: true, subtree: true });
})();
"""
