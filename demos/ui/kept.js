// What a browser keeps of its own: its name, which the server keeps runs under, and the inputs of this window as they were left.
(() => {
  const drawn = () => [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, "0")).join("");
  const stored = (storage, key) => {
    try {
      if (!/^[0-9a-f]{32}$/.test(storage().getItem(key))) { storage().setItem(key, drawn()); }
      return storage().getItem(key);
    } catch { return drawn(); }  // private browsing: it lasts for this page
  };
  const page = { browser: stored(() => localStorage, "aigc-browser"), window: stored(() => sessionStorage, "aigc-window") };
  const LONGEST = 100000;  // characters of a tab's inputs
  const key = tab => `aigc-inputs-${tab}`;
  const plain = value => value?.path ? { file: value.path } : value;
  const turns = value => Array.isArray(value) && value[0]?.role ? value.map(({ role, content }) => ({ role, content })) : plain(value);
  const waiting = {};
  const write = tab => {
    clearTimeout(waiting[tab]?.timer);
    const text = JSON.stringify(waiting[tab]?.held);
    delete waiting[tab];
    try {
      if (text && text.length <= LONGEST) { sessionStorage.setItem(key(tab), text); }
    } catch { /* full or forbidden: a reload then starts anew */ }
  };
  // A link that fills a tab's fields wins over what the window had in them.
  const given = new URLSearchParams(location.search), linked = given.get("tab");
  for (const name of ["tab", "lesson", "lang", "__theme", "view", "__sign"]) { given.delete(name); }
  if (linked && given.size) { sessionStorage.removeItem(key(linked)); }
  // Gradio opens the first tab before the one that the address names: until that has come, the address stays as it is.
  let awaited = new URLSearchParams(location.search).has("lesson") ? "learn" : linked;
  window.aigcKept = {
    page,
    filling: linked && given.size ? linked : null,  // the tab whose controls a link fills
    names: `${page.browser} ${page.window}`,
    note: (tab, fields, values) => {
      clearTimeout(waiting[tab]?.timer);
      const held = Object.fromEntries(fields.map((field, i) => [field, turns(values[i])]));
      waiting[tab] = { held, timer: setTimeout(write, 300, tab) };
      return [];
    },
    inputs: tab => {
      try { return JSON.parse(sessionStorage.getItem(key(tab))); } catch { return null; }
    },
    saw: (tab, run) => {  // the newest result that the window has shown: one that came later is not in its inputs
      try { sessionStorage.setItem(`aigc-seen-${tab}`, run); } catch { /* as above */ }
    },
    seen: tab => {
      try { return sessionStorage.getItem(`aigc-seen-${tab}`); } catch { return null; }
    },
    shown: tab => {
      if (awaited !== tab && window.aigcTabs.some(([name]) => name === awaited)) { return; }
      awaited = null;
      // the address follows the open tab; settings that a link brought are in the controls by now
      const address = new URLSearchParams([...new URLSearchParams(location.search)].filter(([name]) => ["lang", "__theme", "view", "__sign"].includes(name) || (name === "lesson" && tab === "learn")));
      if (!address.has("lesson")) { address.set("tab", tab); }
      history.replaceState(history.state, "", `?${address}`);
    },
  };
  let said = 0;
  const goodbye = () => {
    Object.keys(waiting).forEach(write);
    if (Date.now() - said < 1000) { return; }
    said = Date.now();
    const event = (window.gradio_config?.dependencies || []).find(one => one.api_name === "goodbye");
    if (!event) { return; }
    const body = JSON.stringify({ fn_index: event.id, data: [window.aigcKept.names], session_hash: "goodbye" });
    const root = (window.gradio_config.root || "").replace(/\/$/, "");
    fetch(`${root}/gradio_api/run/predict`, { method: "POST", keepalive: true, body, headers: { "content-type": "application/json" } });
  };
  addEventListener("beforeunload", goodbye);
  addEventListener("pagehide", goodbye);  // all that a phone fires
})();
