"""Make what the tabs of text and speech open with, and the answers with a mistake: files in ``docs/gallery``.

python scripts/openings.py [chat | summaries | poem | speech | mistakes …]

What was chosen, and out of how many, stands in ``demos/ui/openings.py``; every file holds the recipe that makes it again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aigc_core import export
from aigc_core.engine import Engine, drain
from aigc_core.media import audio
from aigc_core.recipe import dumps
from aigc_core.tasks.chat import ChatRequest
from aigc_core.tasks.continue_text import ContinueTextRequest
from aigc_core.tasks.request import Request
from aigc_core.tasks.speak import SpeakRequest
from aigc_core.tasks.summarize import SummarizeRequest
from aigc_core.types import Result
from demos.ui import openings
from demos.ui.gallery import GALLERY


def keep(engine: Engine, name: str, request: Request) -> Result:
    """Run a request and write its files under the gallery's name."""
    made = drain(engine.run(request))
    export.save(made.output, made.recipe, GALLERY / name)
    return made


def chat(engine: Engine) -> None:
    keep(engine, "chat", ChatRequest(**openings.CHAT))


def summaries(engine: Engine) -> None:
    for text, models in (("clock_en", openings.SUMMARIES), ("printing_zh", openings.SUMMARIES_ZH)):
        for name, model in models.items():
            request = SummarizeRequest(text=openings.text(text), model=model, max_sentences=openings.SENTENCES)
            keep(engine, name, request)


def poem(engine: Engine) -> None:
    keep(engine, "continue_text-zh", ContinueTextRequest(**openings.POEM))


def speech(engine: Engine) -> None:
    """Sound, picture, and the words with the times of their phonemes."""
    for ending, text in openings.SPEECH.items():
        made = keep(engine, f"speak{ending}", SpeakRequest(text=text))
        words = [asdict(word) for word in made.output.words]
        record = {"words": words, "duration_s": made.output.audio.duration_s, "recipe": dict(made.recipe)}
        file = GALLERY / f"speak-words{ending}.json"
        file.write_text(json.dumps(record, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n", "utf-8")
        audio.write(GALLERY / f"speak{ending}.wav", made.output.audio, comment=dumps(made.recipe))


def mistakes(engine: Engine) -> None:
    keep(engine, "mistake-chat", ChatRequest(**openings.SKY))
    request = SummarizeRequest(text=openings.text("tram_en"), model=openings.SUMMARIES["summarize"], max_sentences=3)
    keep(engine, "mistake-summarize", request)


PARTS: dict[str, Callable[[Engine], None]] = {
    "chat": chat, "summaries": summaries, "poem": poem, "speech": speech, "mistakes": mistakes,
}  # fmt: skip

if __name__ == "__main__":
    engine = Engine()
    for part in sys.argv[1:] or PARTS:
        PARTS[part](engine)
