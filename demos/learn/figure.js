// A live figure: a still until it is touched; then every change of a control draws it again, frame by frame.
(() => {
  const { make, both, said, save } = window.aigcDom;
  const WAIT = 250;  // ms without a further change before it is drawn

  const controls = {
    slider({ minimum, maximum, step, value }, changed) {
      const shown = make("output", {}, String(value));
      const input = make("input", { type: "range", min: minimum, max: maximum, step, value, oninput: () => {
        shown.textContent = input.value;
        changed();
      } });
      return { parts: [input, shown], read: () => Number(input.value) };
    },
    choice({ options, value }, changed) {
      const input = make("select", { onchange: changed });
      const name = option => document.documentElement.lang.startsWith("zh") ? option.zh : option.en;
      const fill = () => options.forEach((option, i) => {
        input.options[i] ??= make("option", { value: option.key });
        input.options[i].textContent = name(option);
      });
      options.forEach(option => input.append(make("option", { value: option.key })));
      fill();
      input.value = value;
      new MutationObserver(fill).observe(document.documentElement, { attributeFilter: ["lang"] });
      return { parts: [input], read: () => input.value };
    },
    sentence({ maximum, value }, changed) {
      const input = make("input", { type: "text", maxLength: maximum, value, oninput: changed });
      return { parts: [input], read: () => input.value };
    },
  };

  class Figure extends HTMLElement {
    show(figure) {
      this.figure = figure;
      this.picture = make("div", { className: "picture" });
      this.sound = make("audio", { controls: true, hidden: true });
      this.legend = make("ul", { className: "legend" });
      this.caption = make("p", { className: "caption" });
      this.state = make("span", { className: "state", role: "status" });
      this.recipe = make("pre");
      this.made = make("details", { className: "made", hidden: true }, make("summary", {}, both("Recipe", "配方")), this.recipe,
        make("button", { type: "button", onclick: () => save(`${figure.name}.svg`, this.svg, "image/svg+xml") }, both("Save as SVG", "保存为 SVG")));
      const form = this.form();
      this.replaceChildren(make("figure", { className: "live" },
        make("p", { className: "title" }, said(figure.title)), form, this.picture, this.sound,
        make("figcaption", {}, this.legend, this.caption, this.made)));
      if (figure.still) { this.draw(figure.still); } else { this.run(); }
    }

    form() {
      this.inputs = this.figure.controls.map(control => [control.name, controls[control.kind](control, () => this.later())]);
      const fields = this.inputs.map(([, { parts }], i) => make("label", {}, make("span", {}, said(this.figure.controls[i].label)), ...parts));
      this.seed = make("input", { type: "number", min: 0, max: 4294967295, step: 1, value: 0, oninput: () => this.later() });
      const dice = make("button", { type: "button", className: "dice", title: "⚄", onclick: () => {
        this.seed.value = Math.floor(Math.random() * 4294967296);
        this.run();
      } }, "⚄");
      const seed = this.figure.seeded ? make("label", { className: "seed" }, make("span", {}, both("seed", "随机种子")), this.seed, dice) : null;
      this.go = make("button", { type: "submit", className: "run" }, both("Run", "运行"));
      this.halt = make("button", { type: "button", className: "halt", hidden: true, onclick: () => this.stop() }, both("Stop", "停止"));
      return make("form", { className: "controls", onsubmit: event => { event.preventDefault(); this.run(); } }, ...fields, seed,
        make("span", { className: "buttons" }, this.go, this.halt, this.state));
    }

    later() {
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.run(), WAIT);
    }

    stop() {
      clearTimeout(this.waiting);
      this.job?.stop();
    }

    async run() {
      this.stop();
      const values = Object.fromEntries(this.inputs.map(([name, input]) => [name, input.read()]));
      const job = this.job = window.aigcApi.stream("learn", [this.figure.name, values, Math.max(0, Math.floor(Number(this.seed.value) || 0))],
        (frame, recipe) => this.draw(frame, recipe));
      this.busy(true);
      this.state.replaceChildren(both("drawing…", "绘制中…"));
      try {
        await job.run;
        if (job === this.job) { this.state.replaceChildren(); }
      } catch (error) {
        if (job === this.job) { this.state.replaceChildren(make("span", { className: "failed" }, said(error.said ?? { en: error.message, zh: error.message }))); }
      }
      if (job === this.job) { this.busy(false); }
    }

    busy(running) {
      this.toggleAttribute("busy", running);
      this.go.hidden = running;
      this.halt.hidden = !running;
    }

    draw({ svg, caption, legend, audio, seconds }, recipe) {
      this.svg = svg;
      this.picture.innerHTML = svg;
      this.picture.firstElementChild?.setAttribute("role", "img");
      this.picture.firstElementChild?.setAttribute("aria-label", `\uE000${this.figure.title.en}\uE001${this.figure.title.zh}\uE002`);
      this.caption.replaceChildren(said(caption));
      this.legend.replaceChildren(...legend.map(mark => make("li", {},
        make("i", { className: mark.dashed ? "dashed" : "", style: `--mark: ${mark.colour}` }), said(mark))));
      if (audio) {
        this.sound.src = audio;
        this.sound.hidden = false;
      }
      if (seconds !== undefined) {
        this.made.hidden = false;
        this.recipe.textContent = JSON.stringify(recipe, null, 1);
      }
    }

    disconnectedCallback() {
      queueMicrotask(() => { if (!this.isConnected) { this.stop(); } });  // moving to the other language is no leaving
    }
  }
  customElements.define("aigc-figure", Figure);
})();
