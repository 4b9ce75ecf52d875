"""``python -m aigc_core.evaluation faces MODEL… --data faces128.zip``: metrics of registry models, one JSON line a row."""

import sys
from importlib import import_module

from aigc_core import terminal
from aigc_core.errors import AigcError

EVALUATORS = {
    name: f"aigc_core.evaluation.{name}"
    for name in (
        "bits_per_byte",
        "chorales",
        "dialogues",
        "faces",
        "faces_curve",
        "faces_steps",
        "inpaint",
        "music_gpt",
        "poems",
        "style",
        "speech_ours",
        "summaries",
        "text_gpt",
        "text_gpt_zh",
        "watermark",
    )
}


def main() -> int:
    """Hand the remaining arguments to the evaluator named first."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in EVALUATORS:
        terminal.say(f"usage: python -m aigc_core.evaluation {{{','.join(EVALUATORS)}}} …")
        return 2
    try:
        code: int = import_module(EVALUATORS[name]).main(sys.argv[2:])
    except AigcError as error:
        terminal.say(f"error: {terminal.one_line(str(error))}")
        return 2
    return code


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
