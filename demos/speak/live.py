"""Listening while the speech is made: each new part goes to the page, whose script plays them one after another."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path

from aigc_core.media import audio
from aigc_core.tasks.audio import Audio
from aigc_core.tasks.speak import Speech

JS = """
(() => {  // plays each sentence as it arrives, one after another, while "Listen while it is made" is ticked
  let context = null, next = 0, seen = "";
  const silence = () => { if (context) context.close(); context = null; next = 0; };
  document.addEventListener("click", event => {
    if (event.target.closest(".stop, .go")) silence();
    if (document.querySelector(".speak-live input:checked")) context = context || new AudioContext();
  }, true);
  new MutationObserver(async () => {
    const chunk = document.querySelector(".speak-stream [data-sound]");
    if (!chunk || chunk.dataset.key === seen) return;
    seen = chunk.dataset.key;
    if (!document.querySelector(".speak-live input:checked")) return;
    context = context || new AudioContext();
    const bytes = Uint8Array.from(atob(chunk.dataset.sound), c => c.charCodeAt(0));
    const here = context, sound = await here.decodeAudioData(bytes.buffer);
    if (here !== context) return;
    const source = here.createBufferSource();
    source.buffer = sound; source.connect(here.destination);
    next = Math.max(next, here.currentTime + .05); source.start(next); next += sound.duration;
    window.aigcSpoken = (window.aigcSpoken || 0) + sound.duration;
  }).observe(document, { childList: true, subtree: true });
})();
"""


def part(speech: Speech) -> str:
    """HTML that hands the script what a preview has that the one before it had not, as FLAC."""
    fresh = Audio(samples=speech.audio.samples[speech.fresh_from :], sample_rate=speech.audio.sample_rate)
    sound = base64.b64encode(encoded(fresh, ".flac")).decode()
    return f'<span data-key="{speech.fresh_from}-{hash(sound) & 0xFFFFFFFF}" data-sound="{sound}"></span>'


def encoded(sound: Audio, suffix: str) -> bytes:
    """The content of a sound file of an unfinished job; its comment says that it was generated."""
    with tempfile.TemporaryDirectory() as folder:
        audio.write(Path(folder) / f"part{suffix}", sound, comment="AI-generated, unfinished")
        return (Path(folder) / f"part{suffix}").read_bytes()
