(() => {  // a section that is there already is not fetched again: that ends the event before anything is sent
  window.aigcSections = {
    open: id => {
      if (document.getElementById(id)?.childElementCount) { throw new Error(`${id} is open`); }
      return [];
    },
  };
})();
