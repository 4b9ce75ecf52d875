(() => {  // a click that runs brings the result into view: as little as shows 60 % of a screen of it, so that Stop stays in sight
  const MARGIN = 12;
  const reveal = result => {
    const box = result.getBoundingClientRect(), wanted = Math.min(box.height, innerHeight * .6);
    const seen = Math.min(box.bottom, innerHeight) - Math.max(box.top, 0);
    if (!box.height || seen >= wanted) { return; }
    const by = box.top < MARGIN ? box.top - MARGIN : box.top + wanted + MARGIN - innerHeight;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    scrollBy({ top: by, behavior: calm ? "instant" : "smooth" });
  };
  const SETTLES = 3000;  // ms in which the result may still change its size
  let watching = null;
  const leave = () => { watching?.disconnect(); watching = null; };
  const follow = result => {  // what the click brings may be taller or shorter than what stood there
    leave();
    const mine = watching = new ResizeObserver(() => reveal(result));  // begins with a call
    mine.observe(result);
    setTimeout(() => { if (watching === mine) { leave(); } }, SETTLES);
  };
  for (const own of ["wheel", "touchmove", "keydown", "pointerdown"]) { addEventListener(own, leave, { passive: true }); }
  const named = () => {  // buttons and boxes that Gradio leaves without a name
    const zh = document.documentElement.lang.startsWith("zh");
    const name = (found, en, cn) => document.querySelectorAll(found).forEach(one => { one.ariaLabel = zh ? cn : en; });
    name(".image-container > button:not([aria-label])", "Picture", "图片");
    name(".chat textarea:not([aria-label])", "Your message", "你的消息");
  };
  new MutationObserver(named).observe(document, { childList: true, subtree: true });
  document.addEventListener("click", event => {
    const button = event.target.closest?.(".columns .go, .columns .examples button");
    const result = button?.closest(".columns").querySelector(":scope > .area-result");
    if (result) { follow(result); }
  });
})();
