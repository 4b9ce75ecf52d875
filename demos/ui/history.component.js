// The strip comes into the page, asks while a run of an earlier page goes on, and passes clicks on: 'came', 'spoken', 'asked', 'entry'.
const send = (name, more) => trigger(name, { ...window.aigcKept.page, ...more });
// A job that the list of jobs leads here with: 'window.aigcWanted', as { place, run, go }.
const wanted = () => window.aigcWanted?.place === props.tab ? window.aigcWanted : null;
const language = () => window.aigcKept.filling === props.tab ? null : document.documentElement.lang;  // a link's values stay
let arrived = null, answered = false;
setTimeout(() => send('came', {
  language: arrived = language(), inputs: window.aigcKept.inputs(props.tab), seen: window.aigcKept.seen(props.tab), run: wanted()?.run ?? "",
}));
addEventListener("aigc-wanted", () => { if (wanted() && element.isConnected) { send('entry', { act: "restore", run: wanted().run }); } });
watch("value", () => {
  if (!answered && arrived !== null && language() !== null && language() !== arrived) { send('spoken', { language: language() }); }  // changed meanwhile
  answered = true;
  window.aigcKept.saw(props.tab, element.querySelector("[data-run]")?.dataset.run ?? "");
  const found = wanted();
  if (!found || element.querySelector("[data-restored]")?.dataset.restored !== found.run) { return; }
  window.aigcWanted = null;
  if (found.go) { setTimeout(() => element.closest(".columns").querySelector(".go").click(), 300); }  // once the controls have their values
});
new MutationObserver(() => send('spoken', { language: language() })).observe(document.documentElement, { attributeFilter: ["lang"] });
setInterval(() => {
  const going = element.querySelector("[data-going]");
  if (going && !document.hidden) { send('asked', { run: going.dataset.going, seen: Number(going.dataset.seen) }); }
}, 500);
element.addEventListener("click", event => {
  const button = event.target.closest("[data-act]");
  if (button) { send('entry', { act: button.dataset.act, run: button.dataset.run ?? "" }); }
});
