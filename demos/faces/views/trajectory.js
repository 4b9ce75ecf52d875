(() => {  // the way out of noise: one closure per run shown
  const show = value => value === 0 ? "0" : value >= 1000 ? value.toFixed(0) : String(+value.toPrecision(3));
  const build = root => {
    const $ = s => root.querySelector(s), walk = JSON.parse(root.dataset.walk), N = walk.levels.length, side = walk.side;
    const panel = root.closest(".faces-trajectory") || document, sheet = $(".tj-strip img"), range = $("input[type=range]");
    const rule = document.getElementById("tj-rule") || document.head.appendChild(Object.assign(document.createElement("style"), { id: "tj-rule" }));
    const canvases = [...root.querySelectorAll("canvas[data-row]")], first = walk.first;
    let at = 0, timer = 0, begun = false;  // begun: played, or turned by hand
    const draw = () => canvases.forEach(canvas => {
      const row = +canvas.dataset.row;
      canvas.width = canvas.height = 4 * side;
      const context = canvas.getContext("2d"); context.imageSmoothingQuality = "high";
      context.imageSmoothingEnabled = !canvas.classList.contains("tj-latent");
      context.drawImage(sheet, at * side, row * side, side, side, 0, 0, 4 * side, 4 * side);
    });
    const turn = to => {
      at = Math.max(0, Math.min(N - 1, to)); range.value = at + first;
      $(".tj-now").textContent = `${at + first} / ${N - 1 + first}`;
      $(".tj-s").textContent = show(walk.levels[at][0]); $(".tj-a").textContent = show(walk.levels[at][1]);
      $(".tj-curve i").style.left = `${(at + .5) / N * 100}%`;
      Object.assign($(".tj-strip i").style, { left: `calc(${at / N * 100}% - 1px)`, width: `calc(${100 / N}% + 2px)` });
      rule.textContent = `.tj-formulas p:not(:nth-of-type(${at + 1})) { display: none; }`;
      panel.querySelectorAll(".src-line").forEach(line => line.classList.toggle("skip", walk.skipped[at].includes(+line.dataset.line)));
      if (sheet.complete) draw();
    };
    const stop = () => { begun = true; clearInterval(timer); timer = 0; $(".tj-play").textContent = "▶"; };
    const play = () => {
      begun = true; if (at === N - 1) turn(0);
      $(".tj-play").textContent = "❚❚";
      timer = setInterval(() => { if (at === N - 1 || !document.contains(root)) stop(); else turn(at + 1); }, Math.min(700, 7000 / N));
    };
    $(".tj-play").onclick = () => timer ? stop() : play();
    range.oninput = () => { stop(); turn(range.value - first); };
    $(".tj-strip").onclick = event => {
      const box = sheet.getBoundingClientRect();
      stop(); turn(Math.floor((event.clientX - box.left) / box.width * N));
    };
    sheet.addEventListener("load", draw);
    root.dataset.ready = "1"; turn(0);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const seen = new IntersectionObserver(entries => {  // once, when it comes into view, unless somebody was quicker
      if (!entries.some(entry => entry.isIntersecting)) return;
      seen.disconnect(); if (!begun) play();
    }, { threshold: .6 });
    seen.observe($(".tj-pictures"));
  };
  const all = () => document.querySelectorAll(".tj[data-walk]:not([data-ready])").forEach(build);
  new MutationObserver(all).observe(document, { childList: true, subtree: true });
})();
