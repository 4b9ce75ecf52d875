"""Style and script of the view of a trajectory: the slider, the strip, the play button."""

CSS = """
.tj { display: grid; gap: 10px; min-width: 0; } .tj p { margin: 0; }
.tj-bar { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 12px; align-items: center; font-variant-numeric: tabular-nums; }
.tj-bar input { width: 100%; height: 32px; margin: 0; accent-color: var(--primary-600); cursor: pointer; }
.tj-play { width: 40px; height: 36px; border-radius: 8px; border: 1px solid var(--border-color-primary); background: none; color: inherit; cursor: pointer; font-size: .875rem; }
.tj-play:hover { border-color: var(--primary-600); } .tj-now { font-size: .9375rem; font-weight: 600; min-width: 4.2em; text-align: right; }
.tj-live .tj-now { text-align: left; }
.tj-pictures { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 10px; }
.tj-pictures figure { margin: 0; min-width: 0; } .tj-pictures canvas, .tj-pictures img { display: block; width: 100%; aspect-ratio: 1; border-radius: 6px; margin: 0; background: var(--background-fill-secondary); }
.tj figcaption { font-size: .8125rem; line-height: 1.5; padding-top: 4px; color: var(--body-text-color-subdued); } .tj figcaption b, .tj-sigma b { color: var(--body-text-color); font-weight: 600; }
.tj-sigma { font-size: .9375rem; font-variant-numeric: tabular-nums; color: var(--body-text-color-subdued); } .tj-hint { font-size: .8125rem; color: var(--body-text-color-subdued); }
.tj-curve { position: relative; height: 56px; } .tj-curve svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
.tj-curve polyline { fill: none; stroke: var(--primary-600); stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
.tj-curve i { position: absolute; top: 0; bottom: 0; width: 0; border-left: 2px solid var(--body-text-color); opacity: .55; pointer-events: none; }
.tj-curve span { position: absolute; right: 0; top: 0; font-size: .75rem; color: var(--body-text-color-subdued); background: var(--background-fill-primary); padding: 0 4px; }
.tj-strip { position: relative; line-height: 0; cursor: pointer; } .tj-strip img { width: 100%; height: auto; display: block; margin: 0; border-radius: 4px; }
.tj-strip i { position: absolute; top: -2px; bottom: -2px; border: 2px solid var(--primary-600); border-radius: 4px; box-sizing: border-box; pointer-events: none; }
.tj-formulas .katex-display { margin: 0; padding: 8px 0; overflow-x: auto; overflow-y: hidden; }
.tj-formulas { min-height: 150px; }
.tj-under { align-items: start; }
"""

JS = """
(() => {  // the way out of noise: one closure per run shown
  const show = value => value === 0 ? "0" : value >= 1000 ? value.toFixed(0) : String(+value.toPrecision(3));
  const build = root => {
    const $ = s => root.querySelector(s), walk = JSON.parse(root.dataset.walk), N = walk.levels.length, side = walk.side;
    const panel = root.closest(".faces-trajectory") || document, sheet = $(".tj-strip img"), range = $("input[type=range]");
    const rule = document.getElementById("tj-rule") || document.head.appendChild(Object.assign(document.createElement("style"), { id: "tj-rule" }));
    const canvases = ["x", "d", "n"].map(kind => $(".tj-" + kind));
    let at = N - 1, timer = 0;
    const draw = () => canvases.forEach((canvas, row) => {
      canvas.width = canvas.height = 4 * side;
      const context = canvas.getContext("2d"); context.imageSmoothingQuality = "high";
      context.drawImage(sheet, at * side, row * side, side, side, 0, 0, 4 * side, 4 * side);
    });
    const turn = to => {
      at = Math.max(0, Math.min(N - 1, to)); range.value = at + 1;
      $(".tj-now").textContent = `${at + 1} / ${N}`;
      $(".tj-s").textContent = show(walk.levels[at][0]); $(".tj-a").textContent = show(walk.levels[at][1]);
      $(".tj-curve i").style.left = `${(at + .5) / N * 100}%`;
      Object.assign($(".tj-strip i").style, { left: `calc(${at / N * 100}% - 1px)`, width: `calc(${100 / N}% + 2px)` });
      rule.textContent = `.tj-formulas p:not(:nth-of-type(${at + 1})) { display: none; }`;
      panel.querySelectorAll(".src-line").forEach(line => line.classList.toggle("skip", walk.skipped[at].includes(+line.dataset.line)));
      if (sheet.complete) draw();
    };
    const stop = () => { clearInterval(timer); timer = 0; $(".tj-play").textContent = "▶"; };
    $(".tj-play").onclick = () => {
      if (timer) return stop();
      if (at === N - 1) turn(0);
      $(".tj-play").textContent = "❚❚";
      timer = setInterval(() => { if (at === N - 1 || !document.contains(root)) stop(); else turn(at + 1); }, Math.min(350, 7000 / N));
    };
    range.oninput = () => { stop(); turn(range.value - 1); };
    $(".tj-strip").onclick = event => {
      const box = sheet.getBoundingClientRect();
      stop(); turn(Math.floor((event.clientX - box.left) / box.width * N));
    };
    sheet.addEventListener("load", draw);
    root.dataset.ready = "1"; turn(Math.floor(N / 2));
  };
  const all = () => document.querySelectorAll(".tj[data-walk]:not([data-ready])").forEach(build);
  new MutationObserver(all).observe(document, { childList: true, subtree: true });
})();
"""
