"""Findings of the watermark detector, as HTML: the verdict, the count, and every token in green or red."""

from __future__ import annotations

import html

from aigc_core.tasks.continue_text import WatermarkReading
from demos.ui.i18n import both

SURE, LIKELY = 1e-4, 1e-2
"""p-values below which the verdict says so."""


def view(found: WatermarkReading) -> str:
    """The verdict above the text; everything escaped."""
    if not found.counted:
        return f'<div class="wm"><b>{both("At least two tokens are needed.", "至少需要两个 token。")}</b></div>'
    expected = found.gamma * found.counted
    facts = both(
        f"{found.green} of {found.counted} pairs are green, {expected:.0f} are expected without the mark · "
        f"z = {found.z:.2f} · p = {found.p_value:.2g}",
        f"{found.counted} 对相邻 token 中 {found.green} 个为绿色，无水印时期望 {expected:.0f} 个 · z = {found.z:.2f} · p = {found.p_value:.2g}",
    )
    kinds = ["", *("wg" if green else "wr" for green in found.marks)]
    text = "".join(
        f'<span class="{kind}">{html.escape(token)}</span>' for token, kind in zip(found.tokens, kinds, strict=True)
    )
    return (
        f'<div class="wm"><b>{verdict(found.p_value)}</b><span class="wm-facts">{facts}</span>'
        f'<div class="tokens"><div class="prose">{text}</div></div></div>'
    )


def verdict(p_value: float) -> str:
    """One line for a p-value."""
    if p_value < SURE:
        return both("Watermarked, almost certainly", "几乎可以确定带有水印")
    if p_value < LIKELY:
        return both("Probably watermarked", "很可能带有水印")
    return both("No sign of the watermark", "未发现水印")
