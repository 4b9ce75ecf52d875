(() => {  // plays each sentence as it arrives, one after another, while "Listen while it is made" is ticked
  let context = null, next = 0, seen = "";
  const silence = () => { if (context) context.close(); context = null; next = 0; };
  document.addEventListener("click", event => {
    if (event.target.closest(".stop, .go")) silence();
    if (document.querySelector(".speak-live input:checked")) context = context || new AudioContext();
  }, true);
  new MutationObserver(async () => {
    const chunk = document.querySelector(".speak-stream [data-sound]");
    if (!chunk || chunk.dataset.key === seen) return;
    seen = chunk.dataset.key;
    if (!document.querySelector(".speak-live input:checked")) return;
    context = context || new AudioContext();
    const bytes = Uint8Array.from(atob(chunk.dataset.sound), c => c.charCodeAt(0));
    const here = context, sound = await here.decodeAudioData(bytes.buffer);
    if (here !== context) return;
    const source = here.createBufferSource();
    source.buffer = sound; source.connect(here.destination);
    next = Math.max(next, here.currentTime + .05); source.start(next); next += sound.duration;
    window.aigcSpoken = (window.aigcSpoken || 0) + sound.duration;
  }).observe(document, { childList: true, subtree: true });
})();
