element.addEventListener('click', event => {
  const turn = event.target.closest('[data-node]');
  if (turn) { trigger('click', { node: Number(turn.dataset.node) }); }
});
