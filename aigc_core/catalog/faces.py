"""Models of the task ``faces``.

``settings["count"]`` is the number of faces that the tab proposes for a row.
"""

from aigc_core import weights
from aigc_core.types import Archive, Hub, ModelSpec, Package, Shipped

_SLIDERS = ("age", "smile", "gender", "brightness")
_MORPH = ("seed_to", "frames")
_MIX = ("mix_seed", "mix_at")
_CHOICE = ("candidates",)
_LATENT = ("truncation", *_MORPH, *_SLIDERS, *_MIX, *_CHOICE)
_STEPS = ("num_inference_steps", "guidance_scale")
_DATA = "trained on 7,543 faces of FairFace"

FACES_VAE = ModelSpec(
    name="faces-vae-64",
    task="faces",
    title="VAE · 64×64",
    target="aigc_core.pipelines.faces.vae:VAEFaces",
    source=Shipped(folder="faces-vae-64"),
    license="MIT",
    summary=f"Our variational autoencoder, trained on pixel, perceptual and KL losses with a weak adversarial one: edits photos, soft faces; {_DATA}.",
    summary_zh="本项目的变分自编码器，以像素、感知与 KL 损失训练，后期加入少量对抗损失：可编辑照片中的人脸，画面偏柔和。用 7,543 张 FairFace 人脸训练。",
    url="https://arxiv.org/abs/1312.6114",
    parameters=1_416_956,
    memory_mb=500,
    settings={
        "display_scale": 3,
    },
    accepts=_LATENT,
    answers=("edit_face", "nearest_faces"),
)

FACES_GAN = ModelSpec(
    name="faces-gan-128",
    task="faces",
    title="VAE-GAN · 128×128",
    target="aigc_core.pipelines.faces.vae:VAEFaces",
    source=Shipped(folder="faces-gan-128"),
    license="MIT",
    summary=f"The VAE's decoder, enlarged and trained further with an adversarial loss: sharper, larger faces, the same sliders; {_DATA}.",
    summary_zh="把本项目 VAE 的解码器加大，再用对抗损失继续训练（VAE-GAN）：人脸更大、更清晰，滑块通用。用 7,543 张 FairFace 人脸训练。",
    url="https://arxiv.org/abs/1512.09300",
    parameters=1_846_280,
    memory_mb=500,
    settings={
        "display_scale": 2,
        "refine": True,
        "spread": 1.07,
    },
    accepts=(*_LATENT, "steps"),
    answers=("edit_face", "nearest_faces"),
)

FACES_FASTGAN = ModelSpec(
    name="faces-fastgan-64",
    task="faces",
    title="Projected GAN · 64×64",
    target="aigc_core.pipelines.faces.gan:ProjectedGAN",
    source=Shipped(folder="faces-fastgan-64"),
    license="MIT",
    summary=f"Our GAN without an encoder, trained with the adversarial loss alone; an early stage, some faces are malformed; {_DATA}.",
    summary_zh="本项目不带编码器的 GAN，只用对抗损失训练；训练尚在早期，部分人脸变形。用 7,543 张 FairFace 人脸训练。",
    url="https://arxiv.org/abs/2111.01007",
    parameters=5_755_499,
    memory_mb=500,
    settings={
        "display_scale": 3,
    },
    accepts=(*_LATENT, "steps"),
    answers=("edit_face", "nearest_faces"),
)

FACES_DIFFUSION = ModelSpec(
    name="faces-diffusion-128",
    task="faces",
    title="Latent diffusion · 128×128",
    title_zh="潜空间扩散 · 128×128",
    target="aigc_core.pipelines.faces.diffusion:DiffusionFaces",
    source=Shipped(folder="faces-diffusion-128"),
    license="MIT",
    summary=f"Our latent diffusion model, trained to denoise the VAE's latents: every step to look at, faces from words or drawings; {_DATA}.",
    summary_zh="本项目的潜空间扩散模型，以去噪损失在 VAE 潜变量上训练：可逐步查看去噪过程，用文字指定属性，或从草图生成。用 7,543 张 FairFace 人脸训练。",
    url="https://arxiv.org/abs/2206.00364",
    parameters=3_073_672,
    memory_mb=600,
    settings={
        "decoder": "faces-diffusion-128/decoder",
        "batch": 8,
        "display_scale": 2,
        "prompt_words": "face labels",
        "steps": 6,
        "guidance_scale": 2.0,
        "teleport": 2.0,
        "sigma_min": 0.02,
        "rho": 1.5,
    },
    accepts=("prompt", "negative_prompt", *_STEPS, "sampler", *_MORPH, *_SLIDERS, *_MIX, *_CHOICE),
    answers=("face_trajectory", "sketch_face", "nearest_faces"),
)  # fmt: skip

_BUILT = (FACES_DIFFUSION, FACES_GAN, FACES_VAE, FACES_FASTGAN)
_OURS = tuple(s for s in _BUILT if weights.state(s.source).kind == "shipped")

ROWS: tuple[ModelSpec, ...] = (
    *_OURS,
    ModelSpec(
        name="faces-dcgan-64",
        task="faces",
        title="DCGAN · 64×64",
        target="aigc_core.pipelines.faces.dcgan:DCGAN",
        source=Package(
            archives=(
                Archive(
                    name="gan_face_generate",
                    version="1.1.1",
                    sha256="24102f4be41d164e44251168ede0458a45e498a888c81493e2aea48529640569",
                    members=("gan_face_generate/weights.tar",),
                    size=13_306_246,
                ),
            )
        ),
        license="MIT",
        summary="The original convolutional GAN: sixteen small faces within a second, some malformed; trained on rendered faces (DigiFace-1M).",
        summary_zh="一秒内画出 16 张小图，其中一些会变形；训练数据为渲染人脸（DigiFace-1M）。",
        url="https://arxiv.org/abs/1511.06434",
        parameters=3_576_704,
        memory_mb=500,
        settings={"file": "gan_face_generate/weights.tar", "display_scale": 3},
        accepts=("truncation", *_MORPH),
    ),
    ModelSpec(
        name="faces-ddpm-256",
        task="faces",
        title="DDPM CelebA-HQ · 256×256",
        target="aigc_core.pipelines.faces.ddpm:DDPM",
        source=Hub(
            repo_id="Mou11209203/ddpm-celebahq-256",
            revision="6c1ece3ae37596974339d010f985b1d5c9912c91",
            size=455_000_000,
        ),
        license="Apache-2.0",
        summary="Unconditional pixel-space diffusion trained on celebrity photos; sharp faces, about 4 minutes each on two CPU cores.",
        summary_zh="无条件扩散模型，人脸清晰、偏名人照风格；两核 CPU 上每张约 4 分钟。",
        url="https://arxiv.org/abs/2006.11239",
        parameters=113_673_219,
        memory_mb=1800,
        settings={"steps": 25, "count": 1},
        accepts=("num_inference_steps",),
    ),
    ModelSpec(
        name="faces-lcm-512",
        task="faces",
        title="LCM Dreamshaper v7 · 512×512",
        target="aigc_core.pipelines.faces.text_to_image:TextToImage",
        source=Hub(
            repo_id="SimianLuo/LCM_Dreamshaper_v7",
            revision="a85df6a8bd976cdd08b4fd8f3b73f229c9e54df5",
            size=4_266_000_000,
            ignore=("LCM_Dreamshaper_v7_4k.safetensors", "safety_checker/*"),
        ),
        license="MIT",
        summary="Portraits from a text prompt in 4 steps; about a minute each on two CPU cores.",
        summary_zh="用文字描述生成肖像，只需 4 步采样；两核 CPU 上每张约 1 分钟。",
        url="https://arxiv.org/abs/2310.04378",
        parameters=1_066_235_307,
        languages=("en",),
        memory_mb=7000,
        settings={
            "pipeline": "LatentConsistencyModelPipeline",
            "components": {"safety_checker": None, "requires_safety_checker": False},
            "count": 1,
            "steps": 4,
            "guidance_scale": 8.0,
            "size": 512,
        },
        accepts=("prompt", *_STEPS),
    ),
    ModelSpec(
        name="faces-flux2-klein-4b",
        task="faces",
        title="FLUX.2 klein 4B · 1024×1024",
        target="aigc_core.pipelines.faces.text_to_image:TextToImage",
        source=Hub(
            repo_id="black-forest-labs/FLUX.2-klein-4B",
            revision="e7b7dc27f91deacad38e78976d1f2b499d76a294",
            size=15_980_000_000,
            ignore=("flux-2-klein-4b.safetensors",),
        ),
        license="Apache-2.0",
        summary="Photographic portraits from a text prompt in 4 steps, on a GPU with 20 GB.",
        summary_zh="用文字描述生成照片级肖像，4 步采样，需要 20 GB 显存的 GPU。",
        url="https://bfl.ai/blog/flux2-klein-towards-interactive-visual-intelligence",
        parameters=8_000_000_000,
        languages=("en",),
        needs_gpu=True,
        memory_mb=20_000,
        settings={
            "pipeline": "Flux2KleinPipeline",
            "dtype": "bfloat16",
            "count": 1,
            "steps": 4,
            "guidance_scale": 1.0,
            "size": 1024,
        },
        accepts=("prompt", "num_inference_steps"),  # distilled with its guidance: the scale would change nothing
    ),
)
