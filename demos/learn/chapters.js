// The course's opening page: where one was, and a card for every chapter.
window.aigcChapters = (() => {
  const { make, both, said } = window.aigcDom;
  const share = (chapter, done) => chapter.lessons.filter(lesson => done.has(lesson.slug)).length;
  const lessonLink = (slug, given, ...inside) => make("a", { href: `?lesson=${slug}`, "data-lesson": slug, ...given }, ...inside);

  // The lesson to go on with: the one that was open last, else the first that is not done.
  const next = (lessons, done, last) => {
    const at = lessons.findIndex(lesson => lesson.slug === last);
    return at >= 0 && !done.has(last) ? lessons[at] : lessons.slice(at + 1).find(lesson => !done.has(lesson.slug)) ?? lessons[0];
  };

  const card = (chapter, done) => {
    const minutes = chapter.lessons.reduce((sum, lesson) => sum + lesson.minutes, 0), read = share(chapter, done), all = chapter.lessons.length;
    const goal = chapter.lessons.find(lesson => !done.has(lesson.slug)) ?? chapter.lessons[0];
    return make("li", {}, lessonLink(goal.slug, { className: "chapter" },
      make("span", { className: "cover", ariaHidden: "true" }),
      make("b", {}, `${chapter.number} `, said(chapter.title)),
      make("span", { className: "names" }, ...["en", "zh"].map(side => make("span", { className: `t-${side}`, lang: side === "zh" ? "zh-CN" : "en" },
        chapter.lessons.map(lesson => lesson.title[side]).join(" · ")))),
      make("span", { className: "amount" }, read ? both(`${read} of ${all} done`, `已学 ${read}/${all} 课`) : both(`${all} lessons · ${minutes} min`, `${all} 课 · ${minutes} 分钟`)),
      make("progress", { max: all, value: read, ariaHidden: "true", hidden: !read })));
  };

  const overview = (chapters, done, last) => {
    const written = chapters.filter(chapter => chapter.lessons.length), lessons = written.flatMap(chapter => chapter.lessons);
    if (!lessons.length) { return []; }
    const hours = Math.round(lessons.reduce((sum, lesson) => sum + lesson.minutes, 0) / 60), goal = next(lessons, done, last);
    const known = last || done.size;
    return [
      make("h1", {}, both("Generative models, from the idea to the code", "生成模型：从直觉到代码")),
      make("p", { className: "about" }, both(
        `${lessons.length} lessons, about ${hours} hours. Every figure is computed on this machine while you move it; every formula stands beside the line of code that computes it.`,
        `共 ${lessons.length} 课，约 ${hours} 小时。每张图都在本机实时计算，可以亲手拨动；每个公式旁边就是实现它的那行代码。`)),
      make("p", { className: "resume" }, lessonLink(goal.slug, {},
        make("span", {}, known ? both("Continue where you were", "从上次的位置继续") : both("Start here", "从这里开始")),
        make("b", {}, `${goal.number} `, said(goal.title)))),
      make("ol", { className: "cards" }, ...written.map(chapter => card(chapter, done))),
    ];
  };

  const cover = (where, chapters, pictures) => {
    const places = where.querySelectorAll(".cover");
    chapters.map((chapter, i) => [chapter, pictures[i]]).filter(([chapter]) => chapter.lessons.length)
      .forEach(([, svg], i) => { if (svg && places[i]) { places[i].innerHTML = svg; } });
  };
  return { overview, cover };
})();
