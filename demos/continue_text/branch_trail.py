"""Branches of a generated text: a click on an alternative goes on from there; the trail leads back to each one.

All of it happens in the page: one hidden button hands the page's values to the script, which keeps those of the branch that
is left and answers with those of the one entered. A new branch then runs like any other request.
"""

from __future__ import annotations

import gradio as gr

from demos.ui.i18n import both
from demos.ui.tab import Tab

HTML = f"""<nav class="trail" hidden><span>{both("Branches", "分支")}</span><ol></ol></nav>"""


def wire(tab: Tab, plain: gr.Textbox, page: gr.HTML) -> None:
    """Add the hidden buttons; between ``tab.run`` and ``tab.examples``."""
    seed = [tab.fields["seed"], tab._fresh]
    kept = [page, plain, tab.recipe, tab.status]
    leave = {
        "fn": None,
        "inputs": [*seed, *kept],
        "queue": False,
        "show_progress": "hidden",
        "api_visibility": "private",
    }
    with gr.Row(elem_classes=["trail-buttons"]):
        enter, back = gr.Button("branch", elem_id="trail-branch"), gr.Button("back", elem_id="trail-back")
    entered = enter.click(outputs=[tab.fields["prompt"], seed[0]], js="(...now) => window.aigcTrail.enter(...now)", **leave)  # fmt: skip
    tab.follow(entered)
    back.click(outputs=[tab.fields["prompt"], *kept], js="(...now) => window.aigcTrail.back(...now)", **leave)


CSS = """
.trail-buttons { display: none !important; }
.trail { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 10px; font-size: .8125rem; color: var(--body-text-color-subdued); }
.trail[hidden] { display: none; }
.trail ol { display: flex; flex-wrap: wrap; gap: 6px; margin: 0; padding: 0; list-style: none; min-width: 0; }
.trail li { margin: 0; min-width: 0; max-width: 100%; }
.trail button { font: inherit; color: inherit; min-height: 32px; max-width: 100%; padding: 3px 10px; border-radius: 16px; cursor: pointer; background: none;
  border: 1px solid var(--border-color-primary); white-space: pre; overflow: hidden; text-overflow: ellipsis; }
.trail button b { color: var(--body-text-color); font-weight: 600; }
.trail button:hover { border-color: var(--primary-600); }
.trail button[aria-current] { border-color: var(--primary-600); background: var(--primary-100); color: #134e4a; } .trail button[aria-current] b { color: inherit; }
.dark .trail button[aria-current] { background: #115e59; color: #f0fdfa; }
"""

JS = """
(() => {  // branches visited, each with the values of the page as they were when it was left
  const MOST = 12;
  let branches = [], current = 0, target = 0, opening = null;
  const chinese = () => document.documentElement.lang.startsWith("zh");
  const tab = () => document.querySelector(".prompt textarea").closest(".tabitem, .gradio-container");
  const shown = button => button && button.offsetParent !== null;
  const idle = async () => {  // a run still going is stopped first
    const stop = tab().querySelector("button.stop, .stop button");
    if (!shown(stop)) return;
    stop.click();
    for (let i = 0; i < 600 && !shown(tab().querySelector("button.go, .go button")); i++) { await new Promise(done => setTimeout(done, 50)); }
    await new Promise(done => setTimeout(done, 300));  // its last event may still be on the way
  };
  const draw = () => {
    const nav = document.querySelector(".trail");
    nav.hidden = branches.length < 2;
    nav.querySelector("ol").replaceChildren(...branches.map((branch, i) => {
      const item = document.createElement("li"), button = document.createElement("button"), word = document.createElement("b");
      button.type = "button"; word.textContent = branch.word.trim() || JSON.stringify(branch.word);
      if (!i) { word.textContent = chinese() ? "开头" : "Start"; }
      button.append(branch.lead, word); button.title = branch.prompt;
      if (i === current) { button.setAttribute("aria-current", "true"); }
      button.onclick = async () => { if (i !== current) { target = i; await idle(); document.getElementById("trail-back").click(); } };
      item.append(button);
      return item;
    }));
  };
  const leave = values => { if (branches[current]) { branches[current].values = values; } };
  window.aigcTrail = {
    async branch(text, word, token) {  // from the panel of alternatives
      const given = token.closest(".tokens").querySelector(".given")?.dataset.text ?? "";
      opening = { prompt: text + word, word, lead: "…" + text.slice(-16).replace(/^\\S*\\s+(?=\\S)/, "").replace(/\\s+/g, " "), from: given };
      await idle();
      document.getElementById("trail-branch").click();
    },
    enter(seed, fresh, ...values) {
      if (!branches.length) { branches = [{ prompt: opening.from, word: "", lead: "" }]; current = 0; }
      leave(values);
      branches.push(opening);
      if (branches.length > MOST) { branches.splice(1, 1); }
      current = branches.length - 1;
      draw();
      return [opening.prompt, fresh ? Math.floor(Math.random() * 4294967296) : seed];
    },
    back(seed, fresh, ...values) {
      leave(values);
      current = target;
      draw();
      return [branches[current].prompt, ...branches[current].values];
    },
  };
  document.addEventListener("click", event => {  // any other run begins anew
    if (event.target.closest?.(".continue-go, .examples button") && event.target.closest(".tabitem, .gradio-container") === tab()) { branches = []; draw(); }
  });
})();
"""
