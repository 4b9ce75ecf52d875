"""Diffusers repositories of a few kilobytes: the real classes with random weights, saved as a hub repository would be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from aigc_core import runtime


def ddpm(folder: Path, *, side_by_side: bool) -> Path:
    """A pixel-space U-Net of 8×8 pictures; files in subfolders, or in one folder as older repositories have them."""
    with _quiet():
        from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel

        torch.manual_seed(0)
        unet = UNet2DModel(
            sample_size=8, block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2, attention_head_dim=4,
            down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D"),
        )  # fmt: skip
        scheduler = DDPMScheduler(num_train_timesteps=1000)
        if side_by_side:
            unet.save_pretrained(folder)
            scheduler.save_pretrained(folder)
        else:
            DDPMPipeline(unet=unet, scheduler=scheduler).save_pretrained(folder)
    return folder


def latent_consistency(folder: Path) -> Path:
    """A text-to-image pipeline of the Stable Diffusion family: CLIP, U-Net with guidance embedding, VAE; 16×16 pictures."""
    with _quiet():
        from diffusers import AutoencoderKL, LatentConsistencyModelPipeline, LCMScheduler, UNet2DConditionModel
        from transformers import CLIPTextConfig, CLIPTextModel

        torch.manual_seed(0)
        tokenizer = clip_tokenizer(folder / "source")
        text = CLIPTextConfig(
            vocab_size=len(tokenizer), hidden_size=8, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
            bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
        )  # fmt: skip
        unet = UNet2DConditionModel(
            sample_size=8, block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2, attention_head_dim=2,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), cross_attention_dim=8, time_cond_proj_dim=8,
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        )  # fmt: skip
        vae = AutoencoderKL(
            block_out_channels=(4, 8), latent_channels=4, norm_num_groups=2,
            down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
        )  # fmt: skip
        scheduler = LCMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
        pipe = LatentConsistencyModelPipeline(
            vae=vae, text_encoder=CLIPTextModel(text), tokenizer=tokenizer, unet=unet, scheduler=scheduler,
            safety_checker=None, feature_extractor=None, requires_safety_checker=False,
        )  # fmt: skip
        pipe.save_pretrained(folder)
    return folder


def flux2_klein(folder: Path) -> Path:
    """A FLUX.2 klein: Qwen3 text encoder of 28 thin layers, flow-matching transformer, VAE with normalised patches."""
    with _quiet():
        from diffusers import (
            AutoencoderKLFlux2,
            FlowMatchEulerDiscreteScheduler,
            Flux2KleinPipeline,
            Flux2Transformer2DModel,
        )
        from transformers import Qwen3Config, Qwen3ForCausalLM

        torch.manual_seed(0)
        tokenizer = chat_tokenizer()
        text = Qwen3Config(
            vocab_size=len(tokenizer), hidden_size=8, intermediate_size=8, num_hidden_layers=28, num_attention_heads=2,
            num_key_value_heads=1, head_dim=4, max_position_embeddings=1024,
        )  # fmt: skip
        transformer = Flux2Transformer2DModel(
            in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2,
            joint_attention_dim=24, timestep_guidance_channels=8, axes_dims_rope=(4, 4, 4, 4), guidance_embeds=False,
        )  # fmt: skip
        vae = AutoencoderKLFlux2(
            block_out_channels=(4, 8), latent_channels=4, norm_num_groups=2, sample_size=32,
            down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
        )  # fmt: skip
        pipe = Flux2KleinPipeline(
            scheduler=FlowMatchEulerDiscreteScheduler(), vae=vae, text_encoder=Qwen3ForCausalLM(text),
            tokenizer=tokenizer, transformer=transformer, is_distilled=True,
        )  # fmt: skip
        pipe.save_pretrained(folder)
    return folder


def _stable_diffusion(folder: Path, *, in_channels: int, cross: int = 8, **unet: Any) -> dict[str, Any]:
    """Components of the Stable Diffusion family; 64×64 pictures."""
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    tokenizer = clip_tokenizer(folder / "source")
    config = CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=8, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, projection_dim=8,
    )  # fmt: skip
    return {
        "tokenizer": tokenizer,
        "text_encoder": CLIPTextModel(config),
        "unet": UNet2DConditionModel(
            sample_size=8, in_channels=in_channels, block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2,
            attention_head_dim=2, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), cross_attention_dim=cross,
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), **unet,
        ),
        "vae": AutoencoderKL(
            block_out_channels=(4,) * 4, latent_channels=4, norm_num_groups=2,
            down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        ),
    }  # fmt: skip


def latent_consistency_img2img(folder: Path) -> None:
    """The same family of models as :func:`latent_consistency`, with a VAE that halves the side three times."""
    from diffusers import LatentConsistencyModelPipeline, LCMScheduler

    scheduler = LCMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    parts = _stable_diffusion(folder, in_channels=4, time_cond_proj_dim=8)
    LatentConsistencyModelPipeline(
        **parts, scheduler=scheduler, safety_checker=None, feature_extractor=None, requires_safety_checker=False
    ).save_pretrained(folder)


def stable_diffusion_inpaint(folder: Path) -> None:
    """Stable Diffusion 1.5 for inpainting: nine input channels, saved in half precision's variant."""
    from diffusers import DDIMScheduler, StableDiffusionInpaintPipeline

    StableDiffusionInpaintPipeline(
        **_stable_diffusion(folder, in_channels=9), scheduler=DDIMScheduler(), safety_checker=None, feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder, variant="fp16")  # fmt: skip


def stable_diffusion_xl_inpaint(folder: Path) -> None:
    """Stable Diffusion XL for inpainting: two text encoders."""
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLInpaintPipeline
    from transformers import CLIPTextModelWithProjection

    parts = _stable_diffusion(
        folder, in_channels=9, cross=16, addition_embed_type="text_time", addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=56, transformer_layers_per_block=1,
    )  # fmt: skip
    second = CLIPTextModelWithProjection(parts["text_encoder"].config)
    StableDiffusionXLInpaintPipeline(
        **parts, text_encoder_2=second, tokenizer_2=parts["tokenizer"], scheduler=EulerDiscreteScheduler()
    ).save_pretrained(folder, variant="fp16")


def clip_tokenizer(folder: Path) -> Any:
    """A CLIP tokenizer that knows single characters."""
    from transformers import CLIPTokenizer

    letters = [chr(code) for code in range(33, 127)]
    words = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({word: i for i, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77)


def chat_tokenizer() -> Any:
    """A byte-level tokenizer with a chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {symbol: i for i, symbol in enumerate(["<|end|>", *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    made = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>", pad_token="<|end|>")
    made.chat_template = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    return made


def _quiet() -> Any:
    runtime.torchaudio()
    return runtime.quiet_transformers()
