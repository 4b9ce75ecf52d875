"""Models of the task ``inpaint``."""

from aigc_core.types import Hub, ModelSpec, NoWeights

_HALF = (
    "model_index.json", "scheduler/*", "tokenizer/*", "tokenizer_2/*", "feature_extractor/*.json", "*/config.json",
    "text_encoder/model.fp16.safetensors", "text_encoder_2/model.fp16.safetensors",
    "unet/*.fp16.safetensors", "vae/*.fp16.safetensors",
)  # fmt: skip

ROWS: tuple[ModelSpec, ...] = (
    ModelSpec(
        name="inpaint-telea",
        task="inpaint",
        title="Telea (fast marching)",
        target="aigc_core.pipelines.images.classical_inpaint:ClassicalInpaint",
        source=NoWeights(),
        license="Apache-2.0",
        summary="Carries colours inwards from the border of the hole; good for scratches, wires and lettering, blurs large holes.",
        summary_zh="从孔洞边缘向内推进填色，适合划痕、电线、文字水印，大面积会模糊。",
        url="https://docs.opencv.org/5.x/df/d3d/tutorial_py_inpainting.html",
        memory_mb=300,
        settings={"method": "telea"},
    ),
    ModelSpec(
        name="inpaint-ns",
        task="inpaint",
        title="Navier-Stokes (isophotes)",
        target="aigc_core.pipelines.images.classical_inpaint:ClassicalInpaint",
        source=NoWeights(),
        license="Apache-2.0",
        summary="Continues lines of equal brightness into the hole, as a fluid would flow; keeps edges straighter than Telea.",
        summary_zh="像流体一样把等亮度线延伸进孔洞，比 Telea 更能保持边缘走向。",
        url="https://docs.opencv.org/5.x/df/d3d/tutorial_py_inpainting.html",
        memory_mb=300,
        settings={"method": "ns"},
    ),
    ModelSpec(
        name="sd15-inpaint",
        task="inpaint",
        title="Stable Diffusion 1.5 Inpainting",
        target="aigc_core.pipelines.images.diffusion_inpaint:DiffusionInpaint",
        source=Hub(
            repo_id="stable-diffusion-v1-5/stable-diffusion-inpainting",
            revision="8a4288a76071f7280aedbdb3253bdb9e9d5d84bb",
            size=2_135_000_000,
            patterns=_HALF,
            ignore=("safety_checker/*",),
        ),
        license="CreativeML-OpenRAIL-M",
        summary="Invents what the prompt says inside the hole, fitting what surrounds it; minutes on a CPU.",
        summary_zh="按提示词在孔洞内生成与周围协调的内容；CPU 上需数分钟。",
        url="https://arxiv.org/abs/2112.10752",
        parameters=1_066_000_000,
        languages=("en",),
        memory_mb=6000,
        settings={
            "pipeline": "StableDiffusionInpaintPipeline",
            "load": {"variant": "fp16", "safety_checker": None, "requires_safety_checker": False},
            "side": 512,
            "steps": 25,
            "guidance_scale": 7.5,
            "strength": 1.0,
        },
    ),
    ModelSpec(
        name="sdxl-inpaint",
        task="inpaint",
        title="Stable Diffusion XL Inpainting 0.1",
        target="aigc_core.pipelines.images.diffusion_inpaint:DiffusionInpaint",
        source=Hub(
            repo_id="diffusers/stable-diffusion-xl-1.0-inpainting-0.1",
            revision="115134f363124c53c7d878647567d04daf26e41e",
            size=6_940_000_000,
            patterns=_HALF,
        ),
        license="OpenRAIL++",
        summary="The large sibling: 1024-pixel crops, finer detail; needs a GPU with 10 GB.",
        summary_zh="更大的模型：以 1024 像素的局部重绘，细节更好；需要 10 GB 显存的 GPU。",
        url="https://arxiv.org/abs/2307.01952",
        parameters=3_470_000_000,
        languages=("en",),
        needs_gpu=True,
        memory_mb=10000,
        settings={
            "pipeline": "StableDiffusionXLInpaintPipeline",
            "load": {"variant": "fp16"},
            "side": 1024,
            "steps": 25,
            "guidance_scale": 7.0,
            "strength": 0.99,  # at 1 this model's card warns of washed-out colours
        },
    ),
)
