"""The look: one accent colour, system and CJK fonts (nothing is fetched), light and dark, and the language switch."""

from __future__ import annotations

import gradio as gr

FONT = ["system-ui", "-apple-system", "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Noto Sans Mono CJK SC", "monospace"]


def theme() -> gr.themes.Base:
    """Calm and flat; teal accent; AA contrast in both modes."""
    made = gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.slate,
        radius_size=gr.themes.sizes.radius_md,
        font=FONT,
        font_mono=MONO,
    )
    return made.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_700",
        button_primary_text_color="white",
        button_primary_text_color_dark="white",
        slider_color="*primary_600",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_400",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_300",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_400",
        block_title_text_weight="500",
        checkbox_border_color="*neutral_400",
        checkbox_border_color_dark="*neutral_400",
    )


CSS = """
.gradio-container { max-width: 1240px !important; width: 100% !important; margin: 0 auto !important; }
.noticebox:has(.prose:empty), .noticebox:not(:has(.notice)) { display: none !important; }
html[lang^="zh"] .t-en, html:not([lang^="zh"]) .t-zh { display: none !important; }

#bar { display: flex; align-items: center; justify-content: space-between; gap: 12px; padding: 4px 2px; }
#bar h1 { font-size: 1.25rem; font-weight: 650; margin: 0; letter-spacing: .01em; }
#bar button { font: inherit; font-size: .875rem; padding: 6px 12px; border-radius: 8px; cursor: pointer; color: inherit;
  background: transparent; border: 1px solid var(--border-color-primary); min-height: 36px; }
#bar button:hover { border-color: var(--primary-600); }

.html-container { padding: 0 2px !important; }
.lead p { color: var(--body-text-color-subdued); max-width: 72ch; margin: 0; }
.chips { display: flex; flex-wrap: wrap; gap: 6px; margin: 0; font-size: .8125rem; line-height: 1.5; }
.chip { padding: 1px 9px; border-radius: 12px; border: 1px solid var(--border-color-primary); overflow-wrap: anywhere; }
.chip.ok { color: #0f766e; border-color: #5eead4; background: #f0fdfa; }
.chip.fetch { color: #92400e; border-color: #fcd34d; background: #fffbeb; }
.chip.no { color: #9f1239; border-color: #fda4af; background: #fff1f2; }
.dark .chip.ok { color: #99f6e4; border-color: #115e59; background: #042f2e; }
.dark .chip.fetch { color: #fde68a; border-color: #92400e; background: #291803; }
.dark .chip.no { color: #fecdd3; border-color: #9f1239; background: #2b0a12; }
.card { font-size: .875rem; color: var(--body-text-color-subdued); }
.card p { margin: 0 0 6px; }

.status { min-height: 30px; font-size: .875rem; color: var(--body-text-color-subdued); font-variant-numeric: tabular-nums;
  display: flex; align-items: center; flex-wrap: wrap; gap: 4px 10px; padding: 2px; }
.status progress { appearance: none; height: 6px; width: 160px; border: 0; border-radius: 3px; overflow: hidden; background: var(--border-color-primary); }
.status progress::-webkit-progress-bar { background: var(--border-color-primary); }
.status progress::-webkit-progress-value { background: var(--primary-600); }
.status progress::-moz-progress-bar { background: var(--primary-600); }
.status b { font-weight: 600; color: var(--body-text-color); }
.notice { border-radius: 8px; padding: 10px 14px; margin: 0 0 4px; border: 1px solid #fda4af; background: #fff1f2;
  color: #881337; line-height: 1.55; overflow-wrap: anywhere; }
.dark .notice { border-color: #9f1239; background: #2b0a12; color: #fecdd3; }
.notice.info { border-color: var(--border-color-primary); background: var(--background-fill-secondary); color: var(--body-text-color); }
.seedrow { align-items: end; flex-wrap: nowrap !important; }
.seedrow button { flex: none !important; width: auto !important; min-width: 44px !important; padding: 0 12px !important; white-space: nowrap; font-size: .9375rem !important; font-weight: 500 !important; height: 42px; }
.wrap-inner > .secondary-wrap > input { padding-right: 32px !important; text-overflow: ellipsis; }
.examples { gap: 8px !important; }
.examples button { flex: none !important; width: auto !important; font-size: .875rem !important; font-weight: 500 !important; padding: 6px 14px !important; }
.how { font-size: .9375rem; line-height: 1.7; }
.how .katex-display { overflow-x: auto; overflow-y: hidden; padding: 4px 0; }
.source a { font-family: var(--font-mono); font-size: .8125rem; }

table.models { width: 100%; border-collapse: collapse; font-size: .875rem; }
table.models th, table.models td { text-align: left; padding: 7px 10px; border-bottom: 1px solid var(--border-color-primary); vertical-align: top; }
.wide { overflow-x: auto; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 12px; }
.tile { display: flex; flex-direction: column; gap: 6px; text-align: left; font: inherit; color: inherit; cursor: pointer;
  padding: 14px 16px; border: 1px solid var(--border-color-primary); border-radius: 10px; background: var(--background-fill-primary); }
.tile:hover, .tile:focus-visible { border-color: var(--primary-600); }
.tile h3 { margin: 0; font-size: 1.0625rem; font-weight: 600; }
.tile .sample { width: calc(100% + 32px); max-width: none; margin: -14px -16px 4px; height: 116px; object-fit: cover; border-radius: 9px 9px 0 0; }
.tile .words { display: block; overflow: hidden; padding: 14px 16px 0; box-sizing: border-box; font-size: .8125rem; line-height: 1.6; color: var(--body-text-color-subdued); background: var(--background-fill-secondary); mask-image: linear-gradient(#000 60%, transparent); -webkit-mask-image: linear-gradient(#000 60%, transparent); }
.tile p { margin: 0; font-size: .875rem; color: var(--body-text-color-subdued); line-height: 1.55; }
:focus-visible { outline: 2px solid var(--primary-600); outline-offset: 2px; }

@media (max-width: 640px) {
  .gradio-container { padding: 8px !important; }
  .columns { flex-direction: column !important; }
  .columns > * { min-width: 0 !important; width: 100% !important; }
}
"""

# Gradio's front end sets the locale from the browser's language; the same module lets us change it while running.
HEAD = """
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="img-src 'self' data: blob:; media-src 'self' data: blob:; object-src 'none'; frame-src 'none'">
<script>
(() => {
  const key = "aigc-language";
  const find = () => {
    const links = [...document.querySelectorAll("link[rel=modulepreload], script[type=module]")].map(e => e.href || e.src);
    const loaded = performance.getEntriesByType("resource").map(e => e.name);
    return [...links, ...loaded].find(url => /\\/assets\\/core-[\\w-]+\\.js/.test(url));
  };
  let wanted = null, core = null, watched = null;
  const retitle = () => {  // Gradio translates the titles of those tabs alone that were opened
    const bar = document.querySelector(".tab-wrapper");
    if (!bar || !wanted) return;
    const all = window.aigcTabs || [], at = wanted === "en" ? 1 : 2;
    const more = [...bar.querySelectorAll(".overflow-dropdown button")];
    const set = (button, title) => {
      const text = [...button.childNodes].find(node => node.nodeType === 3 && node.data.trim());
      if (text && text.data !== title) { text.data = title; }
    };
    bar.querySelectorAll("[data-tab-id]").forEach(button => {
      const tab = all.find(entry => entry[0] === button.dataset.tabId);
      if (tab) { set(button, tab[at]); }
    });
    more.forEach((button, i) => set(button, all[all.length - more.length + i]?.[at] ?? button.innerText));
    if (watched !== bar) {
      watched = bar;
      new MutationObserver(retitle).observe(bar, { childList: true, subtree: true, characterData: true });
    }
  };
  const apply = async () => {
    if (!wanted) return;
    if (document.documentElement.lang !== wanted && (core ||= find())) {
      (await import(core)).changeLocale(wanted);
      document.documentElement.lang = wanted;
    }
    retitle();
  };
  let ticking = 0;
  const settle = () => {  // the page sets the browser's own language at some point of its start
    apply();
    clearInterval(ticking);
    ticking = setInterval(apply, 100);
    setTimeout(() => clearInterval(ticking), 15000);
  };
  window.aigcSwitchLanguage = () => {
    wanted = document.documentElement.lang.startsWith("zh") ? "en" : "zh-CN";
    try { localStorage.setItem(key, wanted); } catch { /* private browsing: the choice lasts for this page */ }
    settle();
  };
  let chosen = new URLSearchParams(location.search).get("lang");
  try { chosen ||= localStorage.getItem(key); } catch { /* as above */ }
  if (chosen) {
    wanted = chosen.startsWith("zh") ? "zh-CN" : "en";
    settle();
  }
  window.aigcOpenTab = name => {  // on a narrow screen the last tabs stand in the "More tabs" menu, without ids
    const all = window.aigcTabs || [];
    const more = [...document.querySelectorAll(".overflow-dropdown button")];
    const shown = document.querySelector(`[role=tablist] button[data-tab-id="${name}"]`);
    (shown || more[all.findIndex(entry => entry[0] === name) - (all.length - more.length)])?.click();
    scrollTo(0, 0);
  };
})();
</script>
"""

BAR = """
<div id="bar"><h1><span class="t-en">AIGC Studio</span><span class="t-zh">AIGC 创作室</span></h1>
<button type="button" onclick="aigcSwitchLanguage()" aria-label="Switch language / 切换语言"><span class="t-en" lang="zh-CN">中文</span><span class="t-zh" lang="en">English</span></button></div>
"""
