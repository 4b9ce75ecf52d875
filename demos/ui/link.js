// Addresses: ?tab=faces&count=16 opens a tab with its fields filled, ?lesson=vae-elbo the course at a lesson.
(() => {
  const soon = (found, act, tries = 600) => {
    const value = found();
    if (value) { act(value); } else if (tries) { setTimeout(() => soon(found, act, tries - 1), 100); }
  };
  window.aigcOpenLink = target => {
    const [tab, query] = target.split("?");
    window.aigcOpenTab(tab);
    if (!query) { return; }
    window.aigcKept.filling = tab;
    const find = () => document.querySelector(`#tab-${CSS.escape(tab)} button.deep-link, #tab-${CSS.escape(tab)} .deep-link button`);
    soon(find, button => {
      window.aigcAddress = target;
      button.click();
    });
  };
  window.aigcCopyLink = (values, tab, opening, longest, copied, tooLong) => {  // what the opening page has anyway is left out
    const names = Object.keys(opening), held = Object.fromEntries(names.map((name, i) => [name, values[i]]));
    const same = name => String(held[name] ?? "") === String(opening[name] ?? "");
    const told = names.filter(name => !same(name) || (name !== "model" && "model" in held && !same("model")));
    const query = new URLSearchParams({ tab });
    told.forEach(name => query.set(name, held[name] ?? ""));
    if (String(query).length > longest) { return tooLong; }
    navigator.clipboard?.writeText(`${location.origin}${location.pathname}?${query}`);
    return copied;
  };
  const hasCourse = () => (window.aigcTabs || []).some(entry => entry[0] === "learn");
  window.aigcOpenLesson = slug => {
    const address = new URLSearchParams(location.search), course = document.querySelector("aigc-course");
    address.delete("tab");
    address.set("lesson", slug);
    history.pushState(history.state, "", `?${address}`);
    window.aigcOpenTab("learn");  // a course that comes only now reads the address
    if (course?.slugs) { course.open(slug); }
  };
  document.addEventListener("click", event => {
    const link = event.target.closest(".lesson-links a[data-lesson]");
    if (!link || !hasCourse() || event.ctrlKey || event.metaKey || event.shiftKey) { return; }
    event.preventDefault();
    window.aigcOpenLesson(link.dataset.lesson);
  });
  if (!hasCourse()) { document.documentElement.classList.add("no-course"); }
  const given = new URLSearchParams(location.search);
  const tab = given.has("lesson") ? "learn" : given.get("tab");
  if (!tab) { return; }
  for (const key of ["tab", "lesson", "lang", "__theme", "view", "__sign"]) { given.delete(key); }
  const known = () => (window.aigcTabs || []).some(entry => entry[0] === tab) && document.querySelector("[role=tablist] button");
  soon(known, () => window.aigcOpenLink(given.size ? `${tab}?${given}` : tab));
})();
