"""Attention maps as HTML: the text whose tokens say where they look, a heat map, and every head of the network at a glance.

All maps of a text come at once, a byte per weight, so that layers and heads change without asking the server.
"""

from __future__ import annotations

import base64
import html
import json

import numpy as np

from aigc_core.tasks.continue_text import AttentionMaps
from demos.ui.i18n import both

COLOUR_STEPS = 255


def packed(maps: AttentionMaps) -> str:
    """Lower triangles of all maps, row by row, base64 of one byte per weight; layer by layer, head by head."""
    rows, columns = np.tril_indices(len(maps.tokens))
    values = np.rint(maps.weights[:, :, rows, columns] * COLOUR_STEPS).astype(np.uint8)
    return base64.b64encode(values.tobytes()).decode()


def view(maps: AttentionMaps, title: str) -> str:
    """The whole panel of one text."""
    layers, heads = maps.weights.shape[:2]
    return page(maps.tokens, layers, heads, packed(maps), title)


def page(tokens: tuple[str, ...], layers: int, heads: int, weights: str, title: str) -> str:
    """The same from what :func:`packed` gave; everything escaped."""
    words = "".join(
        f'<span class="at" role="button" tabindex="{0 if i == len(tokens) - 1 else -1}" data-i="{i}">{_word(token)}</span>'
        for i, token in enumerate(tokens)
    )
    data = html.escape(json.dumps(tokens, ensure_ascii=False))
    return f"""<div class="attn" data-layers="{layers}" data-heads="{heads}" data-tokens="{data}" data-weights="{weights}">
<div class="attn-side"><p class="attn-title"><b>{html.escape(title)}</b> · {both(f"{layers} layers, {heads} heads each", f"{layers} 层，每层 {heads} 个头")}</p>
<div class="attn-tools">{_slider("layer", layers, "Layer", "层")}{_slider("head", heads, "Head", "头")}
<label class="attn-sink"><input type="checkbox" class="sink" checked> {both("Colours without the first token", "着色时略去首个 token")}</label></div>
<p class="attn-find">{both("Find a head that looks at", "寻找关注以下位置的头：")} {_find("previous", "the token before", "前一个 token")}{_find("first", "the first token", "首个 token")}{_find("repeat", "what followed last time", "同一 token 上次出现后的内容")}</p>
<p class="attn-text" aria-label="tokens">{words}</p><p class="attn-said" aria-live="polite">{both("Point at a token: where does it look?", "将鼠标移到某个 token 上：它在看哪里？")}</p></div>
<div class="attn-map"></div>
<div class="attn-all"><p>{both("Every head: layers from left to right, heads from top to bottom. Click one.", "所有注意力头：从左到右为各层，从上到下为各头，点击可选。")}</p><div class="attn-scroll"><div class="attn-sheet"><canvas></canvas><i></i></div></div></div></div>"""


def _word(token: str) -> str:
    return html.escape(token).replace("\n", "↵\n") if token else "▫"


def _slider(kind: str, most: int, en: str, zh: str) -> str:
    return (
        f'<label>{both(en, zh)} <output class="{kind}-now">1</output> / {most}'
        f'<input type="range" class="{kind}" min="1" max="{most}" value="1" aria-label="{en} / {zh}"></label>'
    )


def _find(kind: str, en: str, zh: str) -> str:
    return f'<button type="button" data-find="{kind}">{both(en, zh)}</button>'


CSS = """
.attn { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 16px 28px; align-items: start; }
.attn-side { display: grid; gap: 10px; min-width: 0; } .attn p { margin: 0; }
.attn-title, .attn-all p, .attn-find, .attn-sink { font-size: .8125rem; color: var(--body-text-color-subdued); line-height: 1.6; } .attn-title b { color: var(--body-text-color); font-size: .9375rem; }
.attn-tools { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px 20px; font-size: .875rem; font-variant-numeric: tabular-nums; }
.attn-tools input[type=range] { display: block; width: 100%; height: 28px; margin: 0; accent-color: var(--primary-600); cursor: pointer; }
.attn-sink { grid-column: 1 / -1; display: flex; gap: 8px; align-items: center; } .attn-sink input { accent-color: var(--primary-600); width: 16px; height: 16px; margin: 0; }
.attn-find button { font: inherit; color: var(--body-text-color); min-height: 30px; margin: 2px 6px 2px 0; padding: 2px 11px; border-radius: 15px; border: 1px solid var(--border-color-primary); background: none; cursor: pointer; }
.attn-find button:hover:enabled { border-color: var(--primary-600); } .attn-find button:disabled { opacity: .5; cursor: default; }
.attn-text { white-space: pre-wrap; overflow-wrap: anywhere; line-height: 2; padding: 10px 12px; border: 1px solid var(--border-color-primary); border-radius: 8px; background: var(--background-fill-primary); }
.at { border-radius: 3px; padding: 2px 0; cursor: pointer; background: color-mix(in srgb, var(--at) calc(var(--w, 0) * 1%), transparent); --at: #2dd4bf; }
.dark .at { --at: #0f766e; }
.at.on { outline: 2px solid var(--primary-600); outline-offset: 0; }
.attn-said { min-height: 3.2em; font-size: .875rem; line-height: 1.6; } .attn-said code { font-family: var(--font-mono); background: none; border: 0; padding: 0; font-weight: 600; }
.attn-map { overflow-x: auto; min-width: 0; } .attn-map svg { display: block; width: 100%; height: auto; }
.attn-map text { font-size: 11px; font-family: var(--font-mono); fill: var(--body-text-color); dominant-baseline: central; } .attn-map text.on { font-weight: 700; fill: var(--primary-700); } .dark .attn-map text.on { fill: #5eead4; }
.attn-map rect { fill: #0d9488; } .dark .attn-map rect { fill: #2dd4bf; } .attn-map rect.bg { fill: var(--body-text-color); fill-opacity: .05; } .attn-map rect.mark { fill: none; stroke: var(--body-text-color); stroke-width: 1.5; pointer-events: none; }
.attn-all { grid-column: 1 / -1; min-width: 0; } .attn-scroll { overflow-x: auto; padding: 6px 2px; } .attn-sheet { position: relative; width: max-content; } .attn-sheet canvas { display: block; cursor: pointer; }
.attn-sheet i { position: absolute; border: 2px solid var(--primary-600); border-radius: 4px; pointer-events: none; box-sizing: border-box; }
@media (max-width: 820px) { .attn { grid-template-columns: minmax(0, 1fr); } }
"""

JS = """
(() => {  // attention maps: one closure per panel
  const chinese = () => document.documentElement.lang.startsWith("zh");
  const visible = text => text ? text.replaceAll("\\n", "↵").replaceAll("\\t", "⇥").replace(/^ (?=.)/, "").replace(/^ $/, "␣") : "▫";
  const percent = w => (w * 100).toFixed(w < .1 ? 1 : 0) + " %";
  const svg = (tag, attributes, parent) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    parent?.append(made);
    return made;
  };
  const build = root => {
    const tokens = JSON.parse(root.dataset.tokens), T = tokens.length, L = +root.dataset.layers, H = +root.dataset.heads;
    const bytes = Uint8Array.from(atob(root.dataset.weights), c => c.charCodeAt(0)), size = T * (T + 1) / 2, $ = s => root.querySelector(s);
    const weight = (l, h, t, j) => bytes[(l * H + h) * size + t * (t + 1) / 2 + j] / 255;
    let layer = 0, head = 0, row = T - 1, column = null;
    const sink = () => $(".sink").checked && T > 1 ? 1 : 0;  // first column that counts for the colours
    const peak = (l, h, t0 = 0, t1 = T) => {
      let most = .02;
      for (let t = t0; t < t1; t++) for (let j = sink(); j <= t; j++) { most = Math.max(most, weight(l, h, t, j)); }
      return most;
    };
    const shade = (w, most) => Math.min(1, Math.sqrt(w / most));
    // the heat map: the upper triangle is empty, so a token's name stands right of its own column and row
    const C = 18, named = tokens.map(t => visible(t).slice(0, 12)), width = Math.max(...named.map((n, t) => (t + 1) * C + 10 + [...n].reduce((sum, c) => sum + (c > "\\u2e80" ? 11 : 6.7), 0)));
    const map = svg("svg", { viewBox: `0 0 ${width} ${T * C + 2}`, role: "img" }), cells = [];
    map.style.maxWidth = width * 1.25 + "px"; map.style.minWidth = width * .55 + "px";
    for (let t = 0; t < T; t++) {
      svg("rect", { class: "bg", x: 0, y: t * C + 1, width: (t + 1) * C - 1, height: C - 1 }, map);
      for (let j = 0; j <= t; j++) { cells.push(svg("rect", { x: j * C, y: t * C + 1, width: C - 1, height: C - 1, "data-t": t, "data-j": j }, map)); }
    }
    const names = tokens.map((_, t) => { const name = svg("text", { x: (t + 1) * C + 4, y: t * C + C / 2 + 1, "data-t": t }, map); name.textContent = named[t]; return name; });
    const mark = svg("rect", { class: "mark", height: C + 1, y: 0, x: 0, width: 0 }, map);
    $(".attn-map").replaceChildren(map);
    // all heads
    const sheet = $("canvas"), step = L * H > 80 ? 28 : 46, gap = Math.max(1, Math.round(T / 12)), outline = $(".attn-sheet i");
    sheet.width = L * (T + gap); sheet.height = H * (T + gap);
    sheet.style.width = L * step + "px"; sheet.style.height = H * step + "px";
    const overview = () => {
      const dark = document.body.classList.contains("dark"), [r, g, b] = dark ? [45, 212, 191] : [13, 148, 136];
      const context = sheet.getContext("2d"), image = context.createImageData(sheet.width, sheet.height);
      for (let l = 0; l < L; l++) for (let h = 0; h < H; h++) {
        const most = peak(l, h);
        for (let t = 0; t < T; t++) for (let j = 0; j <= t; j++) {
          const i = 4 * ((h * (T + gap) + t) * sheet.width + l * (T + gap) + j);
          image.data.set([r, g, b, 20 + 235 * shade(weight(l, h, t, j), most)], i);
        }
      }
      context.putImageData(image, 0, 0);
    };
    const say = () => {
      const said = $(".attn-said"), code = text => Object.assign(document.createElement("code"), { textContent: visible(text) });
      const order = [...Array(row + 1).keys()].sort((a, b) => weight(layer, head, row, b) - weight(layer, head, row, a)).slice(0, 5);
      said.replaceChildren(code(tokens[row]), chinese() ? " 关注：" : " looks at ");
      (column === null ? order : [column]).forEach((j, i) => said.append(i ? (chinese() ? "，" : ", ") : "", code(tokens[j]), ` ${percent(weight(layer, head, row, j))}`));
      map.setAttribute("aria-label", chinese() ? `第 ${layer + 1} 层第 ${head + 1} 个头的注意力图：${said.textContent}` : `Attention map of layer ${layer + 1}, head ${head + 1}: ${said.textContent}`);
    };
    const point = () => {
      const most = peak(layer, head, row, row + 1);
      root.querySelectorAll(".at").forEach((word, j) => {
        word.style.setProperty("--w", j <= row ? Math.round(90 * shade(weight(layer, head, row, j), most)) : 0);
        word.classList.toggle("on", j === row); word.tabIndex = j === row ? 0 : -1;
      });
      names.forEach((name, t) => name.classList.toggle("on", t === row || t === column));
      mark.setAttribute("y", row * C); mark.setAttribute("x", column === null ? 0 : column * C - .5);
      mark.setAttribute("width", column === null ? (row + 1) * C : C);
      say();
    };
    const paint = () => {
      const most = peak(layer, head);
      let i = 0;
      for (let t = 0; t < T; t++) for (let j = 0; j <= t; j++) { cells[i++].setAttribute("fill-opacity", shade(weight(layer, head, t, j), most).toFixed(3)); }
      $(".layer").value = layer + 1; $(".head").value = head + 1;
      $(".layer-now").textContent = layer + 1; $(".head-now").textContent = head + 1;
      Object.assign(outline.style, { left: layer * step - 2 + "px", top: head * step - 2 + "px", width: step * T / (T + gap) + 4 + "px", height: step * T / (T + gap) + 4 + "px" });
      point();
    };
    const goals = {
      previous: t => t ? [t - 1] : [],
      first: t => t ? [0] : [],
      repeat: t => [...Array(t).keys()].filter(j => tokens[j] === tokens[t] && tokens[t].trim().length > 1).map(j => j + 1).filter(j => j < t),
    };
    const best = kind => {
      let found = null;
      for (let l = 0; l < L; l++) for (let h = 0; h < H; h++) {
        let score = 0, count = 0;
        for (let t = 1; t < T; t++) {
          const aims = goals[kind](t);
          if (aims.length) { count++; score += aims.reduce((sum, j) => sum + weight(l, h, t, j), 0); }
        }
        if (count && (!found || score / count > found[2])) { found = [l, h, score / count]; }
      }
      return found;
    };
    root.querySelectorAll("[data-find]").forEach(button => {
      button.disabled = !best(button.dataset.find);
      button.onclick = () => {
        [layer, head] = best(button.dataset.find); column = null;
        if (button.dataset.find === "first") { $(".sink").checked = false; overview(); }
        const rows = [...Array(T).keys()].filter(t => goals[button.dataset.find](t).length);
        row = rows[rows.length - 1]; paint();
      };
    });
    $(".layer").oninput = event => { layer = event.target.value - 1; paint(); };
    $(".head").oninput = event => { head = event.target.value - 1; paint(); };
    $(".sink").onchange = () => { overview(); paint(); };
    const turn = (t, j = null) => { if (t !== row || j !== column) { row = t; column = j; point(); } };
    map.onmouseover = map.onclick = event => { const { t, j } = event.target.dataset; if (t !== undefined) turn(+t, j === undefined ? null : +j); };
    const text = $(".attn-text");
    text.onmouseover = text.onclick = text.onfocus = event => { const word = event.target.closest(".at"); if (word) turn(+word.dataset.i); };
    text.onkeydown = event => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (by) { event.preventDefault(); turn(Math.max(0, Math.min(T - 1, row + by))); root.querySelectorAll(".at")[row].focus(); }
    };
    sheet.onclick = event => {
      const box = sheet.getBoundingClientRect();
      layer = Math.min(L - 1, Math.floor((event.clientX - box.left) / step)); head = Math.min(H - 1, Math.floor((event.clientY - box.top) / step)); paint();
    };
    const opening = best("repeat") || best("previous") || [0, 0];
    [layer, head] = opening;
    const repeated = [...Array(T).keys()].filter(t => goals.repeat(t).length);
    row = repeated.length ? repeated[repeated.length - 1] : T - 1;
    overview(); paint();
    root.dataset.ready = "1";
    new MutationObserver(() => document.contains(root) && say()).observe(document.documentElement, { attributes: true, attributeFilter: ["lang"] });
  };
  const all = () => document.querySelectorAll(".attn:not([data-ready])").forEach(build);
  new MutationObserver(all).observe(document, { childList: true, subtree: true });
})();
"""
