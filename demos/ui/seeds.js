(() => {  // seeds that the page draws; a request takes 32 bits
  const roll = () => Math.floor(Math.random() * 4294967296);
  window.aigcSeeds = {
    roll,
    next: (seed, fresh) => fresh ? roll() : seed,
    given: seed => seed ?? roll(),
  };
})();
