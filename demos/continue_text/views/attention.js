(() => {  // attention maps: one closure per panel
  const chinese = () => document.documentElement.lang.startsWith("zh");
  const visible = text => text ? text.replaceAll("\n", "↵").replaceAll("\t", "⇥").replace(/^ (?=.)/, "").replace(/^ $/, "␣") : "▫";
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
    const C = 18, named = tokens.map(t => visible(t).slice(0, 12)), width = Math.max(...named.map((n, t) => (t + 1) * C + 10 + [...n].reduce((sum, c) => sum + (c > "\u2e80" ? 11 : 6.7), 0)));
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
