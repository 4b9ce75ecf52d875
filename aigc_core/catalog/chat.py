"""Models of the task ``chat``."""

from aigc_core.catalog.continue_text import SMOLLM2_135M, SMOLLM2_135M_GGUF
from aigc_core.types import Hub, ModelSpec, Shipped

_TARGET = "aigc_core.pipelines.text.chat:Chat"

CHAT_SMOLLM2_135M = ModelSpec(
    name="chat-smollm2-135m",
    task="chat",
    title="SmolLM2-135M-Instruct",
    target=_TARGET,
    answers=("inspect_reply",),
    source=SMOLLM2_135M_GGUF,
    license="Apache-2.0",
    summary="Short English conversation at about 20 tokens a second on two cores; facts and sums are often wrong.",
    summary_zh="简短英文对话，双核 CPU 上约每秒 20 个 token；事实与计算常出错，不会中文。",
    url="https://arxiv.org/abs/2502.02737",
    parameters=134_515_008,
    languages=("en",),
    memory_mb=1300,
    settings=SMOLLM2_135M.settings,
)

CHAT_GPT_EN = ModelSpec(
    name="chat-gpt-en",
    task="chat",
    title="GPT from scratch · English",
    title_zh="从零训练的 GPT · 英文",
    target="aigc_core.pipelines.text.reranked_chat:RerankedChat",
    accepts=("candidates",),
    answers=("inspect_reply",),
    source=Shipped(folder="chat-gpt-en"),
    license="MIT",
    summary="Small talk by a network of 5 million parameters trained here from nothing; it knows no facts. The system prompt is its persona.",
    summary_zh="从零训练的 500 万参数英文闲聊模型，不具备事实知识；系统提示词即其人设。",
    parameters=5_048_576,
    languages=("en",),
    memory_mb=500,
    settings={"candidates": 8, "alone_weight": 0.5, "no_repeat_ngram": 3},
)

CHAT_GPT_ZH = ModelSpec(
    name="chat-gpt-zh",
    task="chat",
    title="GPT from scratch · Chinese",
    title_zh="从零训练的 GPT · 中文",
    target="aigc_core.pipelines.text.reranked_chat:RerankedChat",
    accepts=("candidates",),
    answers=("inspect_reply",),
    source=Shipped(folder="chat-gpt-zh"),
    license="MIT",
    summary="Chinese small talk by a network of 7 million parameters trained here from nothing; it knows no facts. The system prompt is its persona.",
    summary_zh="从零训练的 700 万参数中文闲聊模型，不具备事实知识；系统提示词即其人设。",
    parameters=7_000_000,
    languages=("zh",),
    memory_mb=500,
    settings={"candidates": 8, "alone_weight": 0.5, "no_repeat_ngram": 3},
)

CHAT_QWEN25_05B = ModelSpec(
    name="chat-qwen2.5-0.5b",
    task="chat",
    title="Qwen2.5-0.5B-Instruct",
    target=_TARGET,
    answers=("inspect_reply",),
    source=Hub(
        repo_id="Qwen/Qwen2.5-0.5B-Instruct",
        revision="7ae557604adf67be50417f59c2c2f167def9a775",
        size=999_600_000,
    ),
    license="Apache-2.0",
    summary="Converses in Chinese, English and 27 more languages.",
    summary_zh="支持中文、英文等 29 种语言的对话。",
    url="https://arxiv.org/abs/2412.15115",
    parameters=494_032_768,
    languages=("zh", "en"),
    memory_mb=2400,
    settings={"window": 8192},
)

CHAT_QWEN3_06B = ModelSpec(
    name="chat-qwen3-0.6b",
    task="chat",
    title="Qwen3-0.6B",
    target=_TARGET,
    answers=("inspect_reply",),
    source=Hub(
        repo_id="Qwen/Qwen3-0.6B",
        revision="c1899de289a04d12100db370d81485cdf75e47ca",
        size=1_519_000_000,
    ),
    license="Apache-2.0",
    summary="The newer Qwen, Chinese and English among 119 languages; answers at once, without its thinking phase.",
    summary_zh="新一代通义千问，支持含中英文在内的 119 种语言；关闭思考模式，直接作答。",
    url="https://arxiv.org/abs/2505.09388",
    parameters=596_049_920,
    languages=("zh", "en"),
    memory_mb=3000,
    settings={"window": 8192, "template": {"enable_thinking": False}},
)

CHAT_SMOLLM2_360M = ModelSpec(
    name="chat-smollm2-360m",
    task="chat",
    title="SmolLM2-360M-Instruct",
    target=_TARGET,
    answers=("inspect_reply",),
    source=Hub(
        repo_id="HuggingFaceTB/SmolLM2-360M-Instruct",
        revision="a10cc1512eabd3dde888204e902eca88bddb4951",
        size=727_000_000,
        ignore=("onnx/*", "runs/*"),
    ),
    license="Apache-2.0",
    summary="English; follows instructions better than the 135M model.",
    summary_zh="英文对话，比 135M 版本更能遵循指令。",
    url="https://arxiv.org/abs/2502.02737",
    parameters=361_821_120,
    languages=("en",),
    memory_mb=1800,
)

CHAT_SMOLLM2_17B = ModelSpec(
    name="chat-smollm2-1.7b",
    task="chat",
    title="SmolLM2-1.7B-Instruct",
    target=_TARGET,
    answers=("inspect_reply",),
    source=Hub(
        repo_id="HuggingFaceTB/SmolLM2-1.7B-Instruct",
        revision="31b70e2e869a7173562077fd711b654946d38674",
        size=3_430_000_000,
        ignore=("onnx/*", "runs/*"),
    ),
    license="Apache-2.0",
    summary="The best English of the family; a few tokens a second on a CPU with 8 GB of memory.",
    summary_zh="该系列中英文最好的一款；CPU 上每秒仅数个 token，需约 8 GB 内存。",
    url="https://arxiv.org/abs/2502.02737",
    parameters=1_711_376_384,
    languages=("en",),
    memory_mb=7500,
)

ROWS: tuple[ModelSpec, ...] = (
    CHAT_SMOLLM2_135M, CHAT_GPT_EN, CHAT_SMOLLM2_360M, CHAT_QWEN25_05B, CHAT_QWEN3_06B, CHAT_SMOLLM2_17B,
)  # fmt: skip
