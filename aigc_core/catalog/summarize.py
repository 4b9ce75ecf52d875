"""Models of the task ``summarize``."""

from aigc_core.catalog.chat import CHAT_QWEN25_05B
from aigc_core.catalog.continue_text import SMOLLM2_135M, SMOLLM2_135M_GGUF
from aigc_core.types import Hub, ModelSpec, NoWeights, Shipped

_EXTRACTIVE = "aigc_core.pipelines.text.extractive"
_SEQ2SEQ = "aigc_core.pipelines.text.seq2seq_summary:Seq2SeqSummary"
_PROMPT = "aigc_core.pipelines.text.smollm_summary:PromptSummary"
# Of six prompts tried with SmolLM2-135M the one that keeps closest to the source: the text first, the task after it, and
# the word that begins the answer. Numbers and names invented over seven texts: 0 in 19 sentences; with the task in the
# system prompt 3 in 18; with the prompt the model was fine-tuned on 8 in 17 (ages, years, countries).
_ENGLISH = "Text:\n{text}\n\nWrite a summary of the text in {sentences}. Only use facts from the text.\n\nSummary:"
_CHINESE = "原文：\n{text}\n\n请用{sentences}概括原文，只写原文中有的事实，不要评论。\n\n摘要："
_FILES = ("*.json", "model.safetensors", "*.txt", "*.model")

ROWS: tuple[ModelSpec, ...] = (
    ModelSpec(
        name="summarize-textrank",
        task="summarize",
        title="TextRank",
        target=f"{_EXTRACTIVE}:TextRank",
        source=NoWeights(),
        license="MIT",
        summary="Picks the sentences that share most with the others, by PageRank; never invents, any language it can split.",
        summary_zh="用 PageRank 在句子图上选出与全文重合最多的句子；只摘不编，中英文皆可。",
        url="https://aclanthology.org/W04-3252/",
        languages=("en", "zh"),
        memory_mb=200,
    ),
    ModelSpec(
        name="summarize-lead",
        task="summarize",
        title="Lead-k",
        target=f"{_EXTRACTIVE}:Lead",
        source=NoWeights(),
        license="MIT",
        summary="The first sentences as they are: the baseline that news summarizers long failed to beat.",
        summary_zh="直接取开头几句：新闻摘要中长期难以超越的基线。",
        url="https://arxiv.org/abs/1704.04368",
        languages=("en", "zh"),
        memory_mb=200,
    ),
    ModelSpec(
        name="summarize-pointer-en",
        task="summarize",
        title="Pointer-generator, from scratch",
        target="aigc_core.pipelines.text.pointer_summary:PointerSummary",
        source=Shipped(folder="summarize-pointer-en"),
        license="MIT",
        summary="Ours, 1.9 M parameters, trained on abstracts and titles: one line a passage of 256 words, English only.",
        summary_zh="自训练模型（190 万参数），学习由论文摘要写标题；每 256 词写一行，仅英文。",
        url="https://arxiv.org/abs/1704.04368",
        parameters=1_915_910,
        languages=("en",),
        memory_mb=600,
        settings={"num_beams": 4, "length_penalty": 1.0, "min_words": 8},
    ),
    ModelSpec(
        name="summarize-smollm2-135m",
        task="summarize",
        title="SmolLM2-135M",
        target=_PROMPT,
        source=SMOLLM2_135M_GGUF,
        license="Apache-2.0",
        summary="A small chat model rewrites the text; English only, fluent, and it mixes things up: read the marks.",
        summary_zh="用提示词让小型对话模型改写；仅英文，通顺，但会张冠李戴，请留意标记。",
        url="https://arxiv.org/abs/2502.02737",
        parameters=SMOLLM2_135M.parameters,
        languages=("en",),
        memory_mb=1300,
        settings={**SMOLLM2_135M.settings, "prompt": _ENGLISH, "passage": 512, "rewrite": False},
    ),
    ModelSpec(
        name="summarize-bart-large-cnn",
        task="summarize",
        title="BART large CNN",
        target=_SEQ2SEQ,
        source=Hub(
            repo_id="facebook/bart-large-cnn",
            revision="37f520fa929c961707657b28798b30c003dd100b",
            size=1_628_000_000,
            patterns=_FILES,
        ),
        license="MIT",
        summary="English news summarizer, 1,024 tokens at once; fluent, seldom invents.",
        summary_zh="英文新闻摘要模型，一次可读 1024 个词元；通顺，很少编造。",
        url="https://arxiv.org/abs/1910.13461",
        parameters=406_290_432,
        languages=("en",),
        memory_mb=3000,
    ),
    ModelSpec(
        name="summarize-t5-small",
        task="summarize",
        title="T5 small",
        target=_SEQ2SEQ,
        source=Hub(
            repo_id="google-t5/t5-small",
            revision="df1b051c49625cf57a3d0d8d3863ed4d13564fe4",
            size=244_500_000,
            patterns=_FILES,
        ),
        license="Apache-2.0",
        summary="The smallest text-to-text Transformer; English, 512 tokens at once, terse and all in lower case.",
        summary_zh="最小的 T5；英文，一次读 512 个词元，句子短、全部小写。",
        url="https://arxiv.org/abs/1910.10683",
        parameters=60_506_624,
        languages=("en",),
        memory_mb=900,
        settings={"prefix": "summarize: ", "window": 512},
    ),
    ModelSpec(
        name="summarize-mt5-small-zh",
        task="summarize",
        title="mT5 small, 中文",
        target=_SEQ2SEQ,
        source=Hub(
            repo_id="yihsuan/mt5_chinese_small",
            revision="3324c1dc44cb043fa65707a85c99d705e56463f8",
            size=1_221_000_000,
            patterns=("config.json", "tokenizer*.json", "special_tokens_map.json", "model.safetensors", "spiece.model"),
        ),
        license="Apache-2.0",
        summary="mT5 fine-tuned on 38,000 Chinese news summaries; headline-like, 512 tokens at once.",
        summary_zh="在约 3.8 万篇中文新闻摘要上微调的 mT5；偏标题式，一次读 512 个词元。",
        url="https://arxiv.org/abs/2010.11934",
        parameters=300_176_768,
        languages=("zh",),
        memory_mb=2500,
        settings={"window": 512},
    ),
    ModelSpec(
        name="summarize-qwen2.5-0.5b",
        task="summarize",
        title="Qwen2.5-0.5B",
        target=_PROMPT,
        source=CHAT_QWEN25_05B.source,
        license="Apache-2.0",
        summary="A chat model with a prompt in the language of the text; the better choice for Chinese.",
        summary_zh="按原文语言给出提示词的对话模型；中文文本建议用它。",
        url="https://arxiv.org/abs/2412.15115",
        parameters=494_032_768,
        languages=("zh", "en"),
        memory_mb=3500,
        settings={**CHAT_QWEN25_05B.settings, "prompt": _ENGLISH, "prompt_zh": _CHINESE, "passage": 2048},
    ),
)
