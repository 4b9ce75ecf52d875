(() => {
  const pinned = () => document.querySelector('.sum-s[aria-pressed=true]');
  const show = (sentence, scroll) => {
    const box = document.querySelector('.sum-source');
    if (!box) return;
    box.querySelectorAll('.on').forEach(e => e.classList.remove('on', 'best'));
    const sources = sentence && sentence.dataset.sources ? sentence.dataset.sources.split(',') : [];
    sources.forEach((i, rank) => {
      const found = box.querySelector('.src-s[data-i="' + i + '"]');
      if (!found) return;
      found.classList.add('on');
      if (rank === 0) {
        found.classList.add('best');
        const top = found.offsetTop, low = top + found.offsetHeight;
        if (scroll && (top < box.scrollTop || low > box.scrollTop + box.clientHeight)) {
          box.scrollTo({ top: Math.max(0, top - 40), behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
        }
      }
    });
  };
  const at = event => event.target instanceof Element ? event.target.closest('.sum-s') : null;
  const pin = sentence => {
    const same = pinned() === sentence;
    document.querySelectorAll('.sum-s[aria-pressed=true]').forEach(e => e.setAttribute('aria-pressed', 'false'));
    if (!same) sentence.setAttribute('aria-pressed', 'true');
    show(same ? null : sentence, true);
  };
  document.addEventListener('mouseover', e => { const s = at(e); if (s) show(s, true); });
  document.addEventListener('mouseout', e => { if (at(e)) show(pinned(), false); });
  document.addEventListener('focusin', e => { const s = at(e); if (s) show(s, true); });
  document.addEventListener('focusout', e => { if (at(e)) show(pinned(), false); });
  document.addEventListener('click', e => { const s = at(e); if (s) pin(s); });
  document.addEventListener('click', e => {
    if (!(e.target instanceof Element && e.target.closest('.stop'))) return;
    document.querySelectorAll('.sum-column[data-state=running] .sum-state').forEach(s => {
      s.innerHTML = '<span class="t-en">stopped</span><span class="t-zh">已停止</span>';
    });
  });
  document.addEventListener('keydown', e => {
    const s = at(e);
    if (s && (e.key === 'Enter' || e.key === ' ')) { e.preventDefault(); pin(s); }
    if (e.key === 'Escape' && pinned()) pin(pinned());
  });
})();

(() => {
  if (!window.CSS || !CSS.highlights || !window.Highlight) return;
  document.addEventListener('mouseover', event => {
    const word = event.target instanceof Element ? event.target.closest('.sum-w[data-i]') : null;
    CSS.highlights.delete('sum-word');
    if (!word) return;
    const found = document.querySelector('.sum-source .src-s[data-i="' + word.dataset.i + '"]');
    const letters = found && found.lastChild;
    if (!letters || letters.length < word.dataset.b) return;
    const range = new Range();
    range.setStart(letters, word.dataset.a);
    range.setEnd(letters, word.dataset.b);
    CSS.highlights.set('sum-word', new Highlight(range));
  });
})();
