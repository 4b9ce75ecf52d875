"""Summaries by instruction: a causal language model is asked for one, and writes it after the prompt.

Nothing makes such a model stay with the source; a small one invents. Decoding is greedy (nothing is drawn, so nothing is
drawn badly), the passages are short (:mod:`aigc_core.pipelines.text.map_reduce`), and what the source lacks is flagged
(:mod:`aigc_core.nlp.grounding`). The prompts are in the rows, ``aigc_core/catalog/summarize.py``.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from pathlib import Path

from aigc_core.nlp.grounding import Source
from aigc_core.nlp.sentences import is_chinese, split
from aigc_core.pipelines.text import causal_lm_loading as loading
from aigc_core.pipelines.text.causal_lm import CausalLM
from aigc_core.pipelines.text.map_reduce import Plan, summarize
from aigc_core.pipelines.text.prompts import Prompt
from aigc_core.sampling.text.tokens import Sampling
from aigc_core.tasks.summarize import SummarizeRequest
from aigc_core.types import Events, ModelSpec, Result

GREEDY = Sampling(temperature=0.0)
TOKENS_PER_SENTENCE = 60
DEFAULT_PASSAGE = 1024
_LABEL = re.compile(r"^\s*(?:Text|Summary|摘要|概括)\s*[:：]\s*")
"""Small models like to repeat the prompt's labels."""
_LOOP = re.compile(r"(.{12,200}?)\1{2}$", re.DOTALL)
"""The same words three times running: a small model that decodes greedily gets caught in such loops."""
_LOOP_TAIL = 600
"""Characters looked back for a loop."""
_COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class PromptSummary:
    """A chat model with a prompt.

    Settings of the row, beside those of the model: ``prompt`` (with ``{text}`` and ``{sentences}``, such as *three short sentences*), ``prompt_zh`` (for
    Chinese texts, where the model knows Chinese), ``system``, ``opening`` (words put into the model's mouth), ``passage``
    (tokens of source read at once), ``rewrite`` (whether summaries of passages are merged by the model or by rank).
    """

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self._model = loading.Lazy(spec, folders)
        self._settings = spec.settings

    def stream(self, request: SummarizeRequest) -> Events:
        """Yield after each stretch of prompt read and each token written, the draft grounded in the source."""
        source = Source(request.text)
        lm = yield from self._model.get()
        passage = int(self._settings.get("passage", DEFAULT_PASSAGE))
        plan = Plan(
            cost=lambda text: len(lm.plain.ids(text)),
            window=passage,
            rewrite=bool(self._settings.get("rewrite", True)),
        )
        summary, info = yield from summarize(source, request, plan, lambda text, n: self._write(lm, text, n))
        unsupported = sum(len(s.unsupported) for s in summary.sentences)
        yield Result(output=summary, info={**info, "unsupported": unsupported})

    def _write(self, lm: CausalLM, passage: str, sentences: int) -> Generator[str, None, str]:
        """Yield the text so far; stops after ``sentences`` sentences whether the model has ended or not."""
        prompt = self._prompt(lm, passage, sentences)
        steps = lm.generate(prompt.ids, GREEDY, max_new_tokens=TOKENS_PER_SENTENCE * sentences, stop=("\n\n",))
        text = ""
        try:
            for step in steps:
                text = _LABEL.sub("", step.text)
                yield text
                tail = text[-_LOOP_TAIL:]
                if loop := _LOOP.search(tail):
                    text = text[: len(text) - len(tail) + loop.end(1)].rstrip(" ,;:") + "…"
                    break
                if len(split(text.strip())) > sentences:
                    break
        finally:
            steps.close()
        return text

    def _prompt(self, lm: CausalLM, passage: str, sentences: int) -> Prompt:
        """The prompt, with the passage as plain text."""
        chinese = is_chinese(passage) and "prompt_zh" in self._settings
        template = str(self._settings["prompt_zh" if chinese else "prompt"])
        asked = template.replace("{sentences}", _count(sentences, chinese)).replace("{text}", passage.strip())
        messages = [{"role": "user", "content": asked}]
        if system := self._settings.get("system"):
            messages.insert(0, {"role": "system", "content": str(system)})
        template_options = dict(self._settings.get("template", {}))
        return lm.prompt(messages, str(self._settings.get("opening", "")), **template_options)


def _count(sentences: int, chinese: bool) -> str:
    if chinese:
        return f"{sentences}句话"
    count = _COUNTS[sentences - 1] if sentences <= len(_COUNTS) else str(sentences)
    return f"{count} short sentence{'s' if sentences > 1 else ''}"
