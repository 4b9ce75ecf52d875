(() => {  // marks the sentences of an answer, and tells which are wrong; see mistake.py
  document.addEventListener("click", event => {
    const sentence = event.target.closest?.(".mistake .judged"), tell = event.target.closest?.(".mistake .tell");
    if (sentence) sentence.setAttribute("aria-pressed", sentence.getAttribute("aria-pressed") !== "true");
    if (!tell) return;
    const box = tell.closest(".mistake"), all = [...box.querySelectorAll(".judged")];
    const wrong = all.filter(one => one.dataset.wrong === "1"), marked = all.filter(one => one.getAttribute("aria-pressed") === "true");
    box.classList.add("told");
    for (const why of box.querySelectorAll(".why")) why.hidden = false;
    const numbers = { all: wrong.length, found: marked.filter(one => wrong.includes(one)).length, false: marked.filter(one => !wrong.includes(one)).length };
    for (const [name, number] of Object.entries(numbers)) for (const place of box.querySelectorAll("." + name)) place.textContent = number;
    box.querySelector(".score").hidden = false;
  });
})();
