// The course: contents, search, one lesson at a time, the glossary; what is done is kept in this browser.
(() => {
  const { make, language, both, said, typeset, save } = window.aigcDom;
  const { ask } = window.aigcApi;
  const DONE = "aigc-lessons-done", LAST = "aigc-lesson-last", GLOSSARY = "glossary";

  const remembered = () => {
    try { return new Set(JSON.parse(localStorage.getItem(DONE) ?? "[]")); } catch { return new Set(); }
  };
  const remember = done => {
    try { localStorage.setItem(DONE, JSON.stringify([...done])); } catch { /* private browsing: it lasts for this page */ }
  };
  const recalled = () => {
    try { return localStorage.getItem(LAST) ?? ""; } catch { return ""; }
  };
  const visited = slug => {
    try { localStorage.setItem(LAST, slug); } catch { /* as above */ }
  };
  const html = (where, text) => { where.innerHTML = text; return where; };
  const sides = build => ["en", "zh"].map(side => {
    const made = build(side);
    made.classList.add(`t-${side}`);
    made.lang = side === "zh" ? "zh-CN" : "en";
    return made;
  });

  class Course extends HTMLElement {
    async connectedCallback() {
      if (this.ready) { return; }
      this.ready = true;
      this.done = remembered();
      this.page = make("article", { className: "lesson" });
      this.contents = make("nav", { className: "contents", ariaLabel: "\uE000contents\uE001目录\uE002" });
      this.results = make("div", { className: "results", hidden: true });
      this.popup = make("div", { className: "popup", hidden: true, role: "tooltip", id: "course-popup" });
      this.source = make("dialog", { className: "source-dialog" });
      this.replaceChildren(make("div", { className: "course" }, this.side(), this.page), this.popup, this.source);
      this.listen();
      try {
        this.chapters = await ask("lessons");
      } catch (error) {
        return this.fail(error);
      }
      this.slugs = this.chapters.flatMap(chapter => chapter.lessons.map(lesson => lesson.slug));
      this.list();
      const wanted = new URLSearchParams(location.search).get("lesson");
      if (wanted) { this.open(wanted); } else { this.overview(); }
    }

    side() {
      const search = make("input", { type: "search", className: "search", ariaLabel: "\uE000search\uE001搜索\uE002", oninput: () => {
        clearTimeout(this.typing);
        this.typing = setTimeout(() => this.search(search.value), 200);
      } });
      const place = () => { search.placeholder = language() === "zh" ? "搜索课程与术语" : "Search lessons and terms"; };
      place();
      new MutationObserver(place).observe(document.documentElement, { attributeFilter: ["lang"] });
      const folded = make("details", { className: "fold", open: matchMedia("(min-width: 901px)").matches },
        make("summary", {}, both("Contents", "目录")), search, this.results, this.contents);
      this.folded = folded;
      return make("aside", {}, folded);
    }

    listen() {
      const links = { lesson: slug => this.open(slug), tab: target => window.aigcOpenLink(target), code: name => this.code(name),
        term: key => this.open(GLOSSARY, key), overview: () => { this.overview(); this.scrollIntoView({ block: "start" }); } };
      this.addEventListener("click", event => {
        const link = event.target.closest("a[data-lesson], a[data-tab], a[data-code], a[data-term], a[data-overview]");
        if (!link || event.ctrlKey || event.metaKey || event.shiftKey) { return; }
        const kind = Object.keys(links).find(key => key in link.dataset);
        event.preventDefault();
        if (kind === "term" && matchMedia("(hover: none)").matches && this.popup.hidden) { return this.explain(link); }
        this.popup.hidden = true;
        links[kind](link.dataset[kind]);
      });
      for (const [on, off] of [["pointerover", "pointerout"], ["focusin", "focusout"]]) {
        this.addEventListener(on, event => {
          this.light(event.target, true);
          const term = event.target.closest?.("a.term");
          if (term) { this.explain(term); }
        });
        this.addEventListener(off, event => {
          this.light(event.target, false);
          if (event.target.closest?.("a.term")) { this.popup.hidden = true; }
        });
      }
      this.addEventListener("keydown", event => { if (event.key === "Escape") { this.popup.hidden = true; } });
      this.source.addEventListener("click", event => { if (event.target === this.source) { this.source.close(); } });
      new MutationObserver(() => { this.place(); this.retitle(); }).observe(document.documentElement, { attributeFilter: ["lang"] });
      addEventListener("beforeprint", () => this.querySelectorAll(".question details").forEach(one => { one.open = true; }));
    }

    // A formula and the line that computes it light up together.
    light(target, on) {
      const name = target.closest?.("[data-formula]")?.dataset.formula;
      if (name) { this.page.querySelectorAll(`[data-formula="${CSS.escape(name)}"]`).forEach(one => one.classList.toggle("lit", on)); }
    }

    list() {
      const entry = lesson => make("li", {}, make("a", { href: `?lesson=${lesson.slug}`, "data-lesson": lesson.slug },
        make("span", { className: "number" }, lesson.number), make("span", { className: "name" }, said(lesson.title)),
        make("span", { className: "minutes" }, both(`${lesson.minutes} min`, `${lesson.minutes} 分钟`))));
      const chapter = ({ number, title, lessons }) => make("li", {}, make("h3", {}, `${number} `, said(title)), make("ol", {}, ...lessons.map(entry)));
      const terms = make("a", { href: `?lesson=${GLOSSARY}`, "data-lesson": GLOSSARY, className: "glossary-link" }, both("Glossary, Chinese ↔ English", "术语表（中英对照）"));
      const top = make("a", { href: "?tab=learn", "data-overview": "", className: "overview-link" }, both("Overview", "课程概览"));
      this.contents.replaceChildren(top, make("ol", { className: "chapters" }, ...this.chapters.filter(one => one.lessons.length).map(chapter)), terms);
      this.mark();
    }

    mark() {
      this.contents.querySelectorAll("a[data-lesson], a[data-overview]").forEach(link => {
        link.classList.toggle("done", this.done.has(link.dataset.lesson));
        if ((link.dataset.lesson ?? "") === this.slug) { link.setAttribute("aria-current", "page"); } else { link.removeAttribute("aria-current"); }
      });
    }

    entry(slug) { return this.chapters.flatMap(chapter => chapter.lessons).find(lesson => lesson.slug === slug); }

    link(slug, ...inside) { return make("a", { href: `?lesson=${slug}`, "data-lesson": slug }, ...inside); }

    async overview() {
      this.wanted = this.slug = "";
      this.page.classList.add("overview");
      this.page.replaceChildren(...window.aigcChapters.overview(this.chapters, this.done, recalled()));
      this.address("");
      this.mark();
      document.title = "AIGC Studio";
      const pictures = await (this.covers ??= ask("chapter_covers")).catch(() => []);
      window.aigcChapters.cover(this.page, this.chapters, pictures);
    }

    async open(slug, at = "") {
      this.wanted = slug;
      try {
        const render = slug === GLOSSARY ? this.glossary(await (this.terms ??= ask("glossary"))) : this.lesson(await ask("lesson", slug));
        if (this.wanted !== slug) { return; }  // another was asked for meanwhile
        this.slug = slug;
        this.page.classList.remove("overview");
        this.page.replaceChildren(...render);
        if (slug !== GLOSSARY) { visited(slug); }
      } catch (error) {
        return this.fail(error);
      }
      this.address(slug);
      this.place();
      this.mark();
      this.retitle();
      if (matchMedia("(max-width: 900px)").matches) { this.folded.open = false; }
      const goal = at ? this.page.querySelector(`#term-${CSS.escape(at)}`) : null;
      if (goal) { goal.scrollIntoView({ block: "center" }); } else { this.scrollIntoView({ block: "start" }); }
      this.page.querySelector("h1")?.focus({ preventScroll: true });
      await typeset(this.page, this.dataset);
    }

    lesson(given) {
      const entry = this.entry(given.slug), at = this.slugs.indexOf(given.slug);
      this.figures = given.figures.map(figure => {
        const made = make("aigc-figure");
        made.show(figure);
        return made;
      });
      const head = sides(side => make("header", {}, make("h1", { tabIndex: -1 }, given[side].title),
        html(make("ul", { className: "goals" }), given[side].goals.map(goal => `<li>${goal}</li>`).join(""))));
      const body = sides(side => html(make("div", { className: "body" }), given[side].body));
      const sources = sides(side => make("section", { className: "sources" }, make("h2", {}, side === "zh" ? "参考资料" : "Sources"),
        html(make("ul"), given[side].sources.map(one => `<li>${one}</li>`).join(""))));
      body.forEach(one => one.querySelectorAll("button.notebook").forEach(button => button.addEventListener("click", () => this.notebook(given.slug))));
      const turn = (slug, sign) => slug ? this.link(slug, make("span", { className: "turn" }, sign), said(this.entry(slug).title)) : make("span");
      return [
        make("p", { className: "place" }, `${entry?.number ?? ""} · `, both(`${given.minutes} min`, `${given.minutes} 分钟`)),
        ...head, ...body, ...sources, this.tools(given.slug),
        make("nav", { className: "turns", ariaLabel: "\uE000previous, next\uE001上一课、下一课\uE002" }, turn(this.slugs[at - 1], "←"), turn(this.slugs[at + 1], "→")),
      ];
    }

    tools(slug) {
      const box = make("input", { type: "checkbox", checked: this.done.has(slug), onchange: () => {
        if (box.checked) { this.done.add(slug); } else { this.done.delete(slug); }
        remember(this.done);
        this.mark();
      } });
      return make("p", { className: "tools" }, make("label", { className: "finished" }, box, both("I have read this lesson", "本课已学完")),
        make("button", { type: "button", className: "notebook", onclick: () => this.notebook(slug) }, both("Open as notebook", "以笔记本打开")),
        make("button", { type: "button", onclick: () => print() }, both("Print", "打印")));
    }

    async notebook(slug) {
      const side = language();
      try {
        save(`${slug}.${side}.ipynb`, await ask("lesson_notebook", slug, side), "application/x-ipynb+json");
      } catch (error) {
        this.fail(error);
      }
    }

    glossary(terms) {
      const row = term => make("div", { id: `term-${term.key}`, className: "entry" },
        make("dt", {}, make("b", { lang: "en" }, term.name.en), " ", make("b", { lang: "zh-CN" }, term.name.zh)),
        ...sides(side => html(make("dd"), term.about[side])));
      return [make("h1", { tabIndex: -1 }, both("Glossary", "术语表")), make("dl", { className: "glossary" }, ...terms.map(row)),
        make("p", {}, make("a", { href: "?", className: "back", onclick: event => { event.preventDefault(); history.back(); } }, both("← Back", "← 返回")))];
    }

    async explain(link) {
      const terms = await (this.terms ??= ask("glossary")).catch(() => []);
      const term = terms.find(one => one.key === link.dataset.term);
      if (!term || !(link.matches(":hover") || link === document.activeElement)) { return; }
      this.popup.replaceChildren(make("b", {}, `${term.name.en} · ${term.name.zh}`), ...sides(side => html(make("p"), term.about[side])));
      const box = link.getBoundingClientRect();
      this.popup.hidden = false;
      this.popup.style.left = `${Math.max(8, Math.min(box.left, innerWidth - this.popup.offsetWidth - 8))}px`;
      this.popup.style.top = `${box.bottom + this.popup.offsetHeight + 12 < innerHeight ? box.bottom + 6 : box.top - this.popup.offsetHeight - 6}px`;
      link.setAttribute("aria-describedby", this.popup.id);
      await typeset(this.popup, this.dataset);
    }

    async code(name) {
      try {
        html(this.source, await ask("source_code", name));
      } catch (error) {
        return this.fail(error);
      }
      this.source.prepend(make("button", { type: "button", className: "close", ariaLabel: "\uE000close\uE001关闭\uE002", onclick: () => this.source.close() }, "×"));
      this.source.showModal();
    }

    async search(query) {
      this.results.hidden = !query.trim();
      this.contents.hidden = !this.results.hidden;
      if (this.results.hidden) { return; }
      let hits = [];
      try { hits = await ask("search_lessons", query); } catch { /* nothing is found, then */ }
      hits.sort((a, b) => (b.language === language()) - (a.language === language()));
      const row = hit => make("li", { lang: hit.language === "zh" ? "zh-CN" : "en" },
        make("a", { href: `?lesson=${hit.key}`, ...(hit.kind === "term" ? { "data-term": hit.key } : { "data-lesson": hit.key }) }, make("b", {}, hit.title), make("span", {}, hit.excerpt)));
      this.results.replaceChildren(hits.length ? make("ul", {}, ...hits.map(row)) : make("p", {}, both("Nothing found.", "没有找到相关内容。")));
    }

    // Figures stand once in the page: in the text of the language that is shown.
    place() {
      const shown = this.page.querySelector(`.body.t-${language()}`);
      this.figures?.forEach((figure, i) => shown?.querySelector(`.slot[data-figure="${i}"]`)?.append(figure));
    }

    address(slug) {
      const given = new URLSearchParams(location.search), before = given.get("lesson") ?? "";
      if (before === slug) { return; }
      given.delete("tab");
      if (slug) { given.set("lesson", slug); } else { given.set("tab", "learn"); given.delete("lesson"); }
      history[before ? "pushState" : "replaceState"](history.state, "", `?${given}`);
    }

    retitle() {
      const title = this.page.querySelector(`header.t-${language()} h1`)?.textContent;
      if (title && this.checkVisibility()) { document.title = `${title} · AIGC Studio`; }
    }

    fail(error) {
      const words = error.said ?? { en: error.message, zh: error.message };
      this.page.replaceChildren(make("div", { className: "notice", role: "alert" }, said(words)));
    }
  }
  customElements.define("aigc-course", Course);
  addEventListener("popstate", () => {
    const slug = new URLSearchParams(location.search).get("lesson");
    const course = document.querySelector("aigc-course");
    if (!course?.slugs || (slug ?? "") === course.slug) { return; }
    if (slug) { course.open(slug); } else { course.overview(); }
  });
})();
