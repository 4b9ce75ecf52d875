(() => {  // the tokens of a text: which one is looked at, and the panel with its alternatives
  const percent = p => (p >= .1 ? (p * 100).toFixed(1) : (p * 100).toPrecision(2)) + " %";
  const visible = text => text.replaceAll(" ", "␣").replaceAll("\n", "↵").replaceAll("\t", "⇥") || "∅";
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
