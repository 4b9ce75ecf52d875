"""A poem with its tones under the characters and its rhymes at the ends of the lines, as HTML."""

from __future__ import annotations

import html

from aigc_core.tasks.continue_text import Scansion, Syllable, VerseLine
from demos.ui.i18n import both

SIGNS = {"平": "○", "仄": "●", "": "·"}
"""Level and oblique as manuals of verse print them."""
FORMS = {
    "五绝": ("five-character quatrain", "五言绝句"),
    "七绝": ("seven-character quatrain", "七言绝句"),
    "五律": ("five-character regulated verse", "五言律诗"),
    "七律": ("seven-character regulated verse", "七言律诗"),
}
_FITS = {"yes": "ok", "other": "alt", "no": "bad", "": "free"}


def view(found: Scansion) -> str:
    """The verdict above the poem; everything escaped."""
    lines = "".join(map(_line, found.lines))
    return (
        f'<div class="scan"><b>{_title(found.form)}</b><span class="scan-facts">{_facts(found)}</span>'
        f'<div class="scan-poem" lang="zh">{lines}</div>{LEGEND}</div>'
    )


def _title(form: str) -> str:
    if form in FORMS:
        en, zh = FORMS[form]
        return both(f"{html.escape(form)}: {en}", zh)
    if form:
        return both(f"To the tune {html.escape(form)}", f"词牌：{html.escape(form)}")
    return both("No regulated form and no tune known here", "非近体诗，也不是已知的词牌")


def _facts(found: Scansion) -> str:
    """How many of the places that the form determines are kept, and which rhymes are."""
    asked, kept = found.count("yes", "other", "no"), found.count("yes", "other")
    feet = [line for line in found.lines if line.group]
    missed = [line.syllables[-1].character for line in feet if line.rhymes == "no"]
    names = html.escape("、".join(line.syllables[-1].character for line in feet))
    tones = (
        both(f"{kept} of {asked} tones as the form asks", f"格律要求的 {asked} 处声调中合 {kept} 处")
        if asked
        else both("the form leaves the tones free", "此体不拘平仄")
    )
    if not feet:
        return tones
    lost = html.escape("、".join(missed))
    rhymes = both(f"feet {names}", f"韵脚：{names}") + (
        both(f", of which {lost} rhyme no longer in Mandarin", f"，其中 {lost} 在普通话中已不押韵") if missed else ""
    )
    return f"{tones} · {rhymes}"


def _line(line: VerseLine) -> str:
    foot = ""
    if line.group:
        kind = {"no": "bad", "other": "alt"}.get(line.rhymes, "ok")
        foot = f'<em class="{kind}">{both("rhyme", "韵")} {html.escape(line.rhyme)}</em>'
    return f'<div class="scan-line">{"".join(map(_syllable, line.syllables))}<span class="scan-mark">{html.escape(line.mark)}</span>{foot}</div>'


def _syllable(one: Syllable) -> str:
    """A character above its tone; where the form asks for the other one, that stands beside it."""
    sign = SIGNS[one.tone] + (f"→{SIGNS[one.wanted]}" if one.fits == "no" else "")
    said = html.escape(one.tone + (f"，{one.wanted}" if one.wanted and one.wanted != one.tone else ""))
    return f'<span class="scan-one {_FITS[one.fits]}" title="{said}">{html.escape(one.character)}<small>{sign}</small></span>'


LEGEND = f"""<div class="legend scan-legend"><span>○ {both("level", "平")} · ● {both("oblique", "仄")}</span>
<span class="scan-one ok">{both("as asked", "合律")}</span><span class="scan-one alt">{both("by another reading", "异读可合")}</span>
<span class="scan-one bad">{both("against the form", "出律")}</span><span class="scan-one free">{both("free", "不论")}</span></div>"""
