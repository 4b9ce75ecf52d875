(() => {  // the playhead on the picture of a sound, and the words that sound; see playhead.py
  const panel = node => node.closest("[role=tabpanel]") || document.body;
  const stretches = tab => JSON.parse(tab.querySelector(".timeline")?.dataset.stretches || "[]");
  const drawn = image => {  // the picture inside of its element, which may be larger
    const scale = Math.min(image.clientWidth / image.naturalWidth, image.clientHeight / image.naturalHeight) || 0;
    const [x, y] = getComputedStyle(image).objectPosition.split(" ").map(part => parseFloat(part) / 100);
    const width = image.naturalWidth * scale, height = image.naturalHeight * scale;
    return { left: (image.clientWidth - width) * x, top: (image.clientHeight - height) * y, width, height };
  };
  const keepInView = (box, at) => {  // a roll wider than the screen scrolls along
    if (box.scrollWidth <= box.clientWidth + 1) return;
    if (at < box.scrollLeft + 40 || at > box.scrollLeft + box.clientWidth * .8) box.scrollLeft = at - 60;
  };
  const show = audio => {
    const tab = panel(audio), image = tab.querySelector(".with-playhead img"), time = audio.currentTime;
    const all = stretches(tab), now = all.find(one => time < one[5]) || all[all.length - 1];
    for (const word of tab.querySelectorAll(".timeline [data-start]")) {
      word.classList.toggle("now", !audio.paused && time >= +word.dataset.start && time < +word.dataset.end);
    }
    if (!image || !now) return;
    const frame = image.parentElement, box = drawn(image);
    let head = frame.querySelector(".playhead");
    if (!head) { head = document.createElement("div"); head.className = "playhead"; frame.append(head); }
    const [left, right, top, bottom, start, end] = now, share = Math.max(0, Math.min(1, (time - start) / (end - start)));
    const x = image.offsetLeft + box.left + box.width * (left + (right - left) * share);
    head.style.cssText = `left:${x}px;top:${image.offsetTop + box.top + box.height * top}px;height:${box.height * (bottom - top)}px`;
    if (!audio.paused) keepInView(frame, x);
  };
  const run = audio => { show(audio); if (!audio.paused && !audio.ended) requestAnimationFrame(() => run(audio)); };
  const from = (tab, time) => {
    const audio = tab.querySelector(".sounding audio");
    if (!audio || !Number.isFinite(time)) return;
    audio.currentTime = time; audio.play(); show(audio);
  };
  const timeAt = (tab, image, event) => {
    const edge = image.getBoundingClientRect(), box = drawn(image);
    const x = (event.clientX - edge.left - box.left) / box.width, y = (event.clientY - edge.top - box.top) / box.height;
    const far = one => Math.max(one[2] - y, y - one[3], 0) * 10 + Math.max(one[0] - x, x - one[1], 0);
    const [nearest] = stretches(tab).sort((a, b) => far(a) - far(b));
    return nearest ? nearest[4] + (nearest[5] - nearest[4]) * Math.max(0, Math.min(1, (x - nearest[0]) / (nearest[1] - nearest[0]))) : NaN;
  };
  for (const name of ["play", "pause", "seeked", "timeupdate", "ended"]) {  // those of a player do not bubble
    document.addEventListener(name, event => {
      if (event.target.matches?.(".sounding audio")) (name === "play" ? run : show)(event.target);
    }, true);
  }
  document.addEventListener("emptied", event => {  // another sound
    if (event.target.matches?.(".sounding audio")) panel(event.target).querySelector(".playhead")?.remove();
  }, true);
  document.addEventListener("scroll", event => {  // on a phone the words go with the picture, whichever is moved
    const one = event.target, tab = one.closest?.("[role=tabpanel]"), words = tab?.querySelector(".words-scroll");
    const frame = words && tab.querySelector(".with-playhead img")?.parentElement;
    const other = one === words ? frame : one === frame ? words : null;
    if (other && other.scrollLeft !== one.scrollLeft) other.scrollLeft = one.scrollLeft;
  }, true);
  document.addEventListener("click", event => {
    const word = event.target.closest?.(".timeline [data-start]"), image = event.target.closest?.(".with-playhead img");
    if (word) from(panel(word), +word.dataset.start);
    else if (image) from(panel(image), timeAt(panel(image), image, event));
  });
})();
