"""Make the examples that the views of the inside open with: ``docs/gallery/inside.json``.

python scripts/inside_examples.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aigc_core import registry
from aigc_core.engine import Engine, drain
from aigc_core.tasks.continue_text import (
    AttentionRequest,
    ContinueTextRequest,
    InspectTextRequest,
    ScanVerseRequest,
    WatermarkRequest,
)
from demos.continue_text.views import attention as attention_view
from demos.continue_text.views import inside as text_inside
from demos.continue_text.views import verse as verse_view
from demos.continue_text.views import watermark as watermark_view
from demos.continue_text.views.models import pair
from demos.ui import player
from demos.ui import surprisal as surprise_view
from demos.ui import tokens as token_view

SEED, NEW_TOKENS = 7, 60


def main() -> None:
    engine, names = Engine(), pair()
    titles = [registry.find(name).title for name in names]

    attention = drain(engine.run(AttentionRequest(text=text_inside.ATTENTION_TEXT, model=names[0]))).output
    layers, heads = attention.weights.shape[:2]
    page = {
        "tokens": attention.tokens, "layers": layers, "heads": heads, "title": titles[0],
        "weights": attention_view.packed(attention),
    }  # fmt: skip

    text = text_inside.SURPRISE_TEXT
    read = [drain(engine.run(InspectTextRequest(text=text, model=name))).output for name in names]
    measured = [surprise_view.Measured(*one) for one in zip(titles, read, strict=True)]

    columns = []
    for name in names:
        request = ContinueTextRequest(
            prompt=text_inside.COMPARE_PROMPT, model=name, max_new_tokens=NEW_TOKENS, temperature=0.8, seed=SEED
        )
        result = drain(engine.run(request))
        columns.append([token_view.view(request.prompt, result.output), player.finished(result)])

    request = ContinueTextRequest(
        prompt=text_inside.COMPARE_PROMPT, model=names[0], max_new_tokens=120, seed=SEED, watermark=True
    )
    marked = drain(engine.run(request)).output.text
    found = drain(engine.run(WatermarkRequest(text=marked, model=names[0]))).output

    poet = registry.answering(ScanVerseRequest)[0].name
    scanned = drain(engine.run(ScanVerseRequest(text=text_inside.VERSE, model=poet))).output

    made: dict[str, Any] = {
        "verse": {"html": verse_view.view(scanned)},
        "watermark": {"text": marked, "html": watermark_view.view(found)},
        "attention": {"text": text_inside.ATTENTION_TEXT, "model": names[0], "page": page},
        "surprise": {"text": text, "html": surprise_view.view(measured)},
        "compare": {"prompt": text_inside.COMPARE_PROMPT, "columns": columns},
    }
    text_inside.EXAMPLES.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
