"""Models of the task ``compose``."""

from aigc_core.tasks.compose import KEYS
from aigc_core.types import Archive, Hub, ModelSpec, Package, Shipped

PROGRAMS = {
    "piano": (0, 0, 0, 0), "organ": (19, 19, 19, 19), "choir": (52, 52, 52, 52), "strings": (48, 48, 48, 48),
    "string-quartet": (40, 40, 41, 42), "woodwinds": (73, 68, 71, 70), "brass": (56, 60, 57, 58),
    "harpsichord": (6, 6, 6, 6), "guitar": (24, 24, 24, 24), "vibraphone": (11, 11, 11, 11), "music-box": (10, 10, 10, 10),
}  # fmt: skip
"""Instrument → General MIDI programs (from 0) of soprano, alto, tenor and bass."""

SOUNDFONT = Archive(
    name="pretty_midi",
    version="0.2.11.post0",
    sha256="a3e2321736245a9c92259716d85a4762f16b7bde2f591fb0dba95bdb6e793d8a",
    members=("pretty_midi/TimGM6mb.sf2", "*/LICENSE*"),
    size=5_597_222,
)
SOUNDFONT_FILE = "pretty_midi/TimGM6mb.sf2"
CHORALE_NGRAM = ModelSpec(
    name="chorale-ngram",
    task="compose",
    title="Bach chorale n-gram",
    title_zh="巴赫众赞歌 n-gram",
    target="aigc_core.pipelines.music.markov_music:ChoraleMarkov",
    accepts=("instrument", "primer"),
    source=Package(
        archives=(
            Archive(
                name="music21",
                version="10.5.1",
                sha256="dc3309498c4c95cebdf8d4f20c868deb6b63bce1d929cad4f51a7ccc982987b1",
                members=("music21/corpus/bach/*.mxl", "music21/corpus/license.txt", "*/LICENSE*"),
                size=20_118_992,
            ),
            SOUNDFONT,
        )
    ),
    license="Public domain; soundfont GPL-2.0",
    summary="Four-part chorales in a second: smoothed counts of 277 Bach chorales, sung by the instrument you choose.",
    summary_zh="一秒写出四声部众赞歌：对 277 首巴赫众赞歌做平滑计数的 n 元模型，可选演奏乐器。",
    url="https://www.music21.org/",
    memory_mb=300,
    options={"instrument": tuple(PROGRAMS)},
    settings={"soundfont": SOUNDFONT_FILE, "corpus": "music21/corpus/bach", "programs": PROGRAMS},
)

MUSICGEN = ModelSpec(
    name="musicgen-small",
    task="compose",
    title="MusicGen small (text to music)",
    title_zh="MusicGen small（文本生成音乐）",
    target="aigc_core.pipelines.music.musicgen:MusicGen",
    accepts=("prompt",),
    source=Hub(
        repo_id="facebook/musicgen-small",
        revision="4c8334b02c6ec4e8664a91979669a501ec497792",
        size=2_370_000_000,
        patterns=("*.json", "model.safetensors", "spiece.model"),
    ),
    license="CC-BY-NC-4.0",
    summary="Up to 30 s of any music from a text prompt; non-commercial weights, minutes on a CPU.",
    summary_zh="根据文字描述生成最长 30 秒的任意音乐；权重仅限非商业用途，CPU 上需数分钟。",
    url="https://arxiv.org/abs/2306.05284",
    parameters=591_000_000,
    languages=("en",),
    memory_mb=4500,
    settings={"guidance_scale": 3.0, "top_k": 250, "prompt": "a calm chorale for organ and strings, church reverb"},
)

MUSIC_GPT = ModelSpec(
    name="music-gpt",
    task="compose",
    title="Music transformer (ours)",
    title_zh="音乐 Transformer（自训练）",
    target="aigc_core.pipelines.music.music_gpt:MusicGPT",
    accepts=("instrument", "primer", "primer_as", "style", "key"),
    source=Shipped(folder="music-gpt"),
    license="MIT",
    summary="Chorales and pop songs note by note; goes on from your MIDI, or puts voices under your melody.",
    summary_zh="逐音写出众赞歌或流行曲；可从你的 MIDI 续写，也可为你的旋律配和声。",
    url="https://arxiv.org/abs/2002.00212",
    parameters=6_623_488,
    memory_mb=500,
    options={"instrument": tuple(PROGRAMS), "style": ("chorale", "pop"), "key": KEYS},
    settings={
        "soundfont": SOUNDFONT_FILE,
        "soundfont_source": Package(archives=(SOUNDFONT,)),
        "programs": PROGRAMS,
    },
)
"""Not among the rows until a checkpoint is worth shipping; see docs/TRAINING_AUDIO.md."""

ROWS: tuple[ModelSpec, ...] = (CHORALE_NGRAM, MUSICGEN)
