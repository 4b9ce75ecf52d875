// Addresses: ?tab=faces&count=16 opens a tab with its fields filled, ?lesson=vae-elbo the course at a lesson.
(() => {
  const soon = (found, act, tries = 100) => {
    const value = found();
    if (value) { act(value); } else if (tries) { setTimeout(() => soon(found, act, tries - 1), 100); }
  };
  const type = (box, text) => {
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };
  window.aigcOpenLink = target => {
    const [tab, query] = target.split("?");
    window.aigcOpenTab(tab);
    if (query) { soon(() => document.querySelector(`#tab-${CSS.escape(tab)} .deep-link :is(textarea, input)`), box => type(box, target)); }
  };
  const given = new URLSearchParams(location.search);
  const tab = given.has("lesson") ? "learn" : given.get("tab");
  if (!tab) { return; }
  for (const key of ["tab", "lesson", "lang", "__theme", "view", "__sign"]) { given.delete(key); }
  const known = () => (window.aigcTabs || []).some(entry => entry[0] === tab) && document.querySelector("[role=tablist] button");
  soon(known, () => window.aigcOpenLink(given.size ? `${tab}?${given}` : tab));
})();
