(() => {  // branches visited, each with the values of the page as they were when it was left
  const MOST = 12;
  let branches = [], current = 0, target = 0, opening = null;
  const chinese = () => document.documentElement.lang.startsWith("zh");
  const tab = () => document.querySelector(".prompt textarea")?.closest(".tabitem, .gradio-container");
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
      opening = { prompt: text + word, word, lead: "…" + text.slice(-16).replace(/^\S*\s+(?=\S)/, "").replace(/\s+/g, " ") + (/^\s/.test(word) ? " " : ""), from: given };
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
