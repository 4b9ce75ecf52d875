// The list of jobs: it asks again while a job is open, passes clicks on, and leads to the tab of a job ('window.aigcWanted').
let limit = 50;
const send = (name, more) => trigger(name, { ...window.aigcKept.page, limit, ...more });
const boxes = () => [...element.querySelectorAll("li > input[type=checkbox]")];
const chosen = () => boxes().filter(box => box.checked).map(box => box.closest("li").dataset.id);
const zh = () => document.documentElement.lang.startsWith("zh");
let kept = new Set();  // what was chosen before the list was drawn anew
const settle = () => {
  const any = chosen();
  kept = new Set(any);
  element.querySelectorAll(".jobs-head [data-act]").forEach(button => { button.disabled = !any.length; });
};
const dress = () => {
  boxes().forEach(box => { box.checked = kept.has(box.closest("li").dataset.id); });
  settle();
  const style = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" };
  element.querySelectorAll("time[data-ms]").forEach(time => {
    time.textContent = new Date(Number(time.dataset.ms)).toLocaleString(document.documentElement.lang, style);
  });
};
const soon = (find, act, tries = 100) => {
  const found = find();
  if (found) { act(found); } else if (tries) { setTimeout(soon, 100, find, act, tries - 1); }
};
const open = (job, go) => {
  const { run, place, task } = job.dataset;
  window.aigcWanted = { run, place, go };
  window.aigcOpenTab(task);
  if (place !== task) {  // a view below the tab's own part
    soon(() => document.querySelector(`#tab-${CSS.escape(task)} .${CSS.escape(place)} > .label-wrap:not(.open)`), label => label.click(), 30);
  }
  dispatchEvent(new Event("aigc-wanted"));
};
setTimeout(() => send("came"));
watch("value", dress);
setInterval(() => {
  if (element.checkVisibility() && !document.hidden && element.querySelector("[data-open]")) { send("came"); }
}, 2000);
const button = () => document.querySelector("#tab-jobs-button, [role=tablist] button[data-tab-id=jobs]");
document.addEventListener("click", event => { if (event.target.closest?.("[role=tab]") === button()) { send("came"); } });
element.addEventListener("change", event => {
  if (event.target.matches("[data-all]")) { boxes().forEach(box => { box.checked = event.target.checked; }); }
  settle();
});
element.addEventListener("click", event => {
  const act = event.target.closest("[data-act]")?.dataset.act, job = event.target.closest("li");
  if (!act) { return; }
  if (act === "restore" || act === "again") { return open(job, act === "again"); }
  if (act === "more") { limit += 100; return send("came"); }
  const ids = job ? [job.dataset.id] : chosen();
  const asked = zh() ? `删除 ${ids.length} 个任务及其文件？` : `Delete ${ids.length} jobs and their files?`;
  if (act !== "delete" || ids.length === 1 || confirm(asked)) { send("entry", { act, ids }); }
});
