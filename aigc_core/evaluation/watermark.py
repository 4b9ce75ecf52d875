"""``python -m aigc_core.evaluation watermark MODEL --file FILE.txt``: was this text written with the model's watermark on?"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from aigc_core.evaluation import bits_per_byte
from aigc_core.sampling.text.watermark import detect


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; prints one JSON line."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.evaluation watermark", description=__doc__)
    parser.add_argument("model", help="the row of continue_text whose tokenizer wrote the text, or a checkpoint folder")
    parser.add_argument("--file", type=Path, required=True, help="UTF-8 text")
    args = parser.parse_args(argv)
    text = bits_per_byte.read(args.file)
    spec = bits_per_byte.find(args.model)
    lm = bits_per_byte.load(spec)
    found = detect(lm.encode(text), lm.network.config.vocab_size)
    line = {"tokens": found.tokens, "green": found.green, "z": round(found.z, 3), "p_value": found.p_value}
    print(json.dumps({"model": spec.name, "file": args.file.name, **line}))
    return 0
