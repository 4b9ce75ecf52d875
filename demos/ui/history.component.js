// The strip comes into the page, asks while a run of an earlier page goes on, and passes clicks on: 'came', 'spoken', 'asked', 'entry'.
const send = (name, more) => trigger(name, { ...window.aigcKept.page, ...more });
const language = () => window.aigcKept.filling === props.tab ? null : document.documentElement.lang;  // a link's values stay
setTimeout(() => send('came', { language: language(), inputs: window.aigcKept.inputs(props.tab), seen: window.aigcKept.seen(props.tab) }));
watch("value", () => window.aigcKept.saw(props.tab, element.querySelector("[data-run]")?.dataset.run ?? ""));
new MutationObserver(() => send('spoken', { language: language() })).observe(document.documentElement, { attributeFilter: ["lang"] });
setInterval(() => {
  const going = element.querySelector("[data-going]");
  if (going && !document.hidden) { send('asked', { run: going.dataset.going, seen: Number(going.dataset.seen) }); }
}, 500);
element.addEventListener("click", event => {
  const button = event.target.closest("[data-act]");
  if (button) { send('entry', { act: button.dataset.act, run: button.dataset.run ?? "" }); }
});
