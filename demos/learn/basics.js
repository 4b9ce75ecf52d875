// Small helpers of the course's page: elements, texts in both languages, mathematics.
window.aigcDom = (() => {
  const make = (name, given = {}, ...inside) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(given)) {
      if (key.startsWith("on")) { made.addEventListener(key.slice(2), value); }
      else if (key in made && key !== "list") { made[key] = value; }
      else { made.setAttribute(key, value); }
    }
    made.append(...inside.filter(part => part !== null && part !== undefined));
    return made;
  };
  const language = () => document.documentElement.lang.startsWith("zh") ? "zh" : "en";
  const both = (en, zh) => {
    const made = document.createDocumentFragment();
    made.append(make("span", { className: "t-en", lang: "en" }, en), make("span", { className: "t-zh", lang: "zh-CN" }, zh));
    return made;
  };
  const said = words => both(words.en, words.zh);

  let katex = null;
  const load = ({ script, style }) => katex ??= (async () => {
    if (!script) { return null; }
    const below = path => new URL(path, document.baseURI).href;
    document.head.append(make("link", { rel: "stylesheet", href: below(style) }));
    return (await import(below(script))).default;
  })().catch(() => null);
  // Sets all TeX below an element; without KaTeX it stays as it was written.
  const typeset = async (where, places) => {
    const found = [...where.querySelectorAll(".tex:not(.set)")], engine = found.length ? await load(places) : null;
    if (!engine) { return; }
    for (const one of found) {
      one.classList.add("set");
      engine.render(one.textContent, one, { displayMode: one.classList.contains("display"), throwOnError: false, strict: "ignore" });
    }
  };
  const save = (name, text, type) => {
    const url = URL.createObjectURL(new Blob([text], { type }));
    make("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  };
  return { make, language, both, said, typeset, save };
})();
