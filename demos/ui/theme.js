// Gradio's front end sets the locale from the browser's language; the same module lets us change it while running.
(() => {
  const key = "aigc-language";
  const find = () => {
    const links = [...document.querySelectorAll("link[rel=modulepreload], script[type=module]")].map(e => e.href || e.src);
    const loaded = performance.getEntriesByType("resource").map(e => e.name);
    return [...links, ...loaded].find(url => /\/assets\/core-[\w-]+\.js/.test(url));
  };
  let wanted = null, core = null, watched = null;
  const all = window.aigcTabs || [];
  // The tabs of the "More tabs" menu, whose buttons have no ids: all that do not stand in the bar, where the open tab always does.
  const overflowing = () => all.filter(([name]) => !document.querySelector(`[role=tablist] button[data-tab-id="${name}"]`));
  const retitle = () => {  // Gradio translates the titles of those tabs alone that were opened
    const bar = document.querySelector(".tab-wrapper");
    if (!bar || !wanted) return;
    const at = wanted === "en" ? 1 : 2;
    const more = [...bar.querySelectorAll(".overflow-dropdown button")];
    const set = (button, title) => {
      const text = [...button.childNodes].find(node => node.nodeType === 3 && node.data.trim());
      if (text && text.data !== title) { text.data = title; }
    };
    bar.querySelectorAll("[data-tab-id]").forEach(button => {
      const tab = all.find(entry => entry[0] === button.dataset.tabId);
      if (tab) { set(button, tab[at]); }
    });
    const hidden = overflowing();
    more.forEach((button, i) => set(button, hidden[i]?.[at] ?? button.innerText));
    if (watched !== bar) {
      watched = bar;
      new MutationObserver(retitle).observe(bar, { childList: true, subtree: true, characterData: true });
    }
  };
  const apply = async () => {
    if (!wanted) return;
    if (document.documentElement.lang !== wanted && (core ||= find())) {
      (await import(core)).changeLocale(wanted);
      document.documentElement.lang = wanted;
    }
    retitle();
  };
  let ticking = 0;
  const settle = () => {  // the page sets the browser's own language at some point of its start
    apply();
    clearInterval(ticking);
    ticking = setInterval(apply, 100);
    setTimeout(() => clearInterval(ticking), 15000);
  };
  window.aigcSwitchLanguage = () => {
    wanted = document.documentElement.lang.startsWith("zh") ? "en" : "zh-CN";
    try { localStorage.setItem(key, wanted); } catch { /* private browsing: the choice lasts for this page */ }
    settle();
  };
  let chosen = new URLSearchParams(location.search).get("lang");
  try { chosen ||= localStorage.getItem(key); } catch { /* as above */ }
  if (chosen) {
    wanted = chosen.startsWith("zh") ? "zh-CN" : "en";
    settle();
  }
  window.aigcOpenTab = name => {
    const more = [...document.querySelectorAll(".overflow-dropdown button")];
    const shown = document.querySelector(`[role=tablist] button[data-tab-id="${name}"]`);
    (shown || more[overflowing().findIndex(entry => entry[0] === name)])?.click();
    scrollTo(0, 0);
  };
})();
