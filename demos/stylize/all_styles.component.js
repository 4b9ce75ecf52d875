element.addEventListener('click', event => {
  const tile = event.target.closest('[data-at]');
  if (tile) { trigger('select', { index: Number(tile.dataset.at) }); }
});
