"""Models of the task ``compose``."""

from aigc_core.types import Archive, Hub, ModelSpec, Package

PROGRAMS = {
    "piano": (0, 0, 0, 0), "organ": (19, 19, 19, 19), "choir": (52, 52, 52, 52), "strings": (48, 48, 48, 48),
    "string-quartet": (40, 40, 41, 42), "woodwinds": (73, 68, 71, 70), "brass": (56, 60, 57, 58),
    "harpsichord": (6, 6, 6, 6), "guitar": (24, 24, 24, 24), "vibraphone": (11, 11, 11, 11), "music-box": (10, 10, 10, 10),
}  # fmt: skip
"""Instrument → General MIDI programs (from 0) of soprano, alto, tenor and bass."""

CHORALE_NGRAM = ModelSpec(
    name="chorale-ngram",
    task="compose",
    title="Bach chorale n-gram",
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
            Archive(
                name="pretty_midi",
                version="0.2.11.post0",
                sha256="a3e2321736245a9c92259716d85a4762f16b7bde2f591fb0dba95bdb6e793d8a",
                members=("pretty_midi/TimGM6mb.sf2", "*/LICENSE*"),
                size=5_597_222,
            ),
        )
    ),
    license="Public domain; soundfont GPL-2.0",
    summary="Four-part chorales in a second: smoothed counts of 277 Bach chorales, sung by the instrument you choose.",
    summary_zh="一秒写出四声部众赞歌：对 277 首巴赫众赞歌做平滑计数的 n 元模型，可选演奏乐器。",
    url="https://www.music21.org/",
    memory_mb=300,
    options={"instrument": tuple(PROGRAMS)},
    settings={"soundfont": "pretty_midi/TimGM6mb.sf2", "corpus": "music21/corpus/bach", "programs": PROGRAMS},
)

MUSICGEN = ModelSpec(
    name="musicgen-small",
    task="compose",
    title="MusicGen small (text to music)",
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

ROWS: tuple[ModelSpec, ...] = (CHORALE_NGRAM, MUSICGEN)
