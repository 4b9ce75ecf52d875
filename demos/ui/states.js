(() => {  // chips and choices say whether a model's weights are here, also on a page that was loaded before they came
  const LEAST_MS = 2000;  // between two questions, however often the page is looked at
  let asked = 0, fetching = false;
  const spans = (en, zh) => ["en", "zh"].map((language, i) => Object.assign(document.createElement("span"), {
    className: `t-${language}`, lang: i ? "zh-CN" : "en", textContent: i ? zh : en,
  }));
  const show = chip => {
    const [kind, , en, zh] = window.aigcStates?.[chip.dataset.model] ?? [];
    if (!kind || (chip.classList.contains(kind) && chip.textContent === en + zh)) return;
    chip.className = `chip ${kind}`;
    chip.replaceChildren(...spans(en, zh));
  };
  const refresh = async () => {
    if (document.hidden || Date.now() - asked < LEAST_MS) return;
    asked = Date.now();
    try {
      const answer = await fetch("gradio_api/run/model_states", {
        method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ data: [] }),
      });
      if (!answer.ok) return;
      const now = JSON.stringify((await answer.json()).data[0]);
      if (now === JSON.stringify(window.aigcStates)) return;
      window.aigcStates = JSON.parse(now);
    } catch { return; }  // a server that is gone is asked again when the page is looked at next
    document.querySelectorAll(".chip[data-model]").forEach(show);
    window.aigcSayAgain?.();
  };
  new MutationObserver(changes => {
    for (const change of changes) {
      for (const node of change.addedNodes) {
        if (node.nodeType !== 1) continue;
        const chips = node.matches(".chip[data-model]") ? [node] : node.querySelectorAll(".chip[data-model]");
        chips.forEach(show);
        const status = node.matches(".status") ? node : node.querySelector(".status");
        if (!status) continue;
        if (status.dataset.stage === "fetch") { fetching = true; }
        else if (fetching) { fetching = false; asked = 0; refresh(); }
      }
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
  document.addEventListener("visibilitychange", refresh);
  addEventListener("focus", refresh);
  setTimeout(refresh, 2000);  // Gradio runs this script when the page is loaded already
})();
