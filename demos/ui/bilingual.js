(() => {  // a text that carries both languages shows the one in force, wherever Gradio puts it: see bilingual() in i18n.py
  const MARK = /[\uE000\uE003]/, STATE = /\uE003([^\uE001]*)\uE001([^\uE004]*)\uE004/g, PAIR = /\uE000([^\uE000-\uE002]*)\uE001([^\uE000-\uE002]*)\uE002/g;
  const ATTRIBUTES = ["aria-label", "title", "alt", "placeholder", "data-tip"];
  const marked = text => typeof text === "string" && MARK.test(text);
  const chinese = () => document.documentElement.lang.startsWith("zh");
  const shown = text => text.replace(STATE, (_, model, sign) => window.aigcStates?.[model]?.[1] ?? sign).replace(PAIR, (_, en, zh) => chinese() ? zh : en);
  const texts = new WeakMap(), values = new WeakMap(), attributes = new WeakMap();  // by node: as it was sent
  const text = node => {
    if (marked(node.data)) { texts.set(node, { sent: node.data }); }
    const known = texts.get(node);
    if (!known || (known.shown !== undefined && known.shown !== node.data && !marked(node.data))) { texts.delete(node); return; }
    known.shown = shown(known.sent);
    if (node.data !== known.shown) { node.data = known.shown; }
  };
  const attribute = (element, name) => {
    const now = element.getAttribute(name), own = attributes.get(element) ?? {};
    const sent = marked(now) ? now : now === own[name]?.shown ? null : window.aigcGradioName?.(now);
    if (sent) { own[name] = { sent }; attributes.set(element, own); }
    const known = own[name];
    if (!known || (known.shown !== undefined && known.shown !== now && !marked(now))) { delete own[name]; return; }
    known.shown = shown(known.sent);
    if (now !== known.shown) { element.setAttribute(name, known.shown); }
  };
  for (const kind of [HTMLInputElement, HTMLTextAreaElement]) {  // a value is set without a change that can be observed
    const { get, set } = Object.getOwnPropertyDescriptor(kind.prototype, "value");
    Object.defineProperty(kind.prototype, "value", {
      get, configurable: true, enumerable: true,
      set(value) {
        if (marked(value)) { values.set(this, value); set.call(this, shown(value)); }
        else { values.delete(this); set.call(this, value); }
      },
    });
  }
  const within = root => {
    if (root.nodeType === 3) { text(root); return; }
    if (root.nodeType !== 1) return;
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = root; node; node = walker.nextNode()) {
      if (node.nodeType === 3) { text(node); continue; }
      for (const name of ATTRIBUTES) { if (node.hasAttribute(name)) { attribute(node, name); } }
      if (values.has(node)) { node.value = values.get(node); }
    }
  };
  new MutationObserver(changes => {
    for (const change of changes) {
      if (change.type === "characterData") { text(change.target); }
      else if (change.type === "attributes") { attribute(change.target, change.attributeName); }
      else { change.addedNodes.forEach(within); }
    }
  }).observe(document.documentElement, { childList: true, characterData: true, subtree: true, attributeFilter: ATTRIBUTES });
  new MutationObserver(() => within(document.body)).observe(document.documentElement, { attributeFilter: ["lang"] });
  window.aigcSayAgain = () => within(document.body);
})();
