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
  document.addEventListener("click", event => {
    const button = event.target.closest?.(".columns .go, .columns .examples button");
    const result = button?.closest(".columns").querySelector(":scope > .area-result");
    if (result) { reveal(result); }
  });
})();
