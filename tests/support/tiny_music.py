"""A MusicGen of a few kilobytes: the real classes with random weights, saved as a hub repository would be."""

from __future__ import annotations

from pathlib import Path

from aigc_core import runtime


def musicgen(folder: Path) -> None:
    """T5 encoder, decoder of four codebooks, EnCodec at 1,600 Hz."""
    runtime.torchaudio()
    import torch
    from transformers import (
        EncodecConfig,
        MusicgenConfig,
        MusicgenDecoderConfig,
        MusicgenForConditionalGeneration,
        T5Config,
        T5Tokenizer,
    )

    vocab = [(token, 0.0) for token in ("<pad>", "</s>", "<unk>")]
    vocab += [(letter, -3.0) for letter in "▁abcdefghijklmnopqrstuvwxyz0123456789,"]
    T5Tokenizer(vocab=vocab, extra_ids=0).save_pretrained(folder)
    torch.manual_seed(3)
    text = T5Config(vocab_size=64, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2, initializer_factor=4.0)
    codec = EncodecConfig(
        sampling_rate=1600, num_filters=4, num_residual_layers=1, upsampling_ratios=[4, 4, 2], codebook_size=32,
        codebook_dim=16, hidden_size=16, target_bandwidths=[1.0], normalize=False, num_lstm_layers=1, compress=2,
    )  # fmt: skip
    decoder = MusicgenDecoderConfig(
        vocab_size=32, hidden_size=24, num_hidden_layers=2, num_attention_heads=4, ffn_dim=32, num_codebooks=4,
        pad_token_id=32, bos_token_id=32, max_position_embeddings=256, initializer_factor=0.5,
    )  # fmt: skip
    config = MusicgenConfig(text_encoder=text.to_dict(), audio_encoder=codec.to_dict(), decoder=decoder.to_dict())
    model = MusicgenForConditionalGeneration(config)
    for layer in model.audio_encoder.quantizer.layers:
        layer.codebook.embed.normal_()  # all zero until trained
    model.generation_config.decoder_start_token_id = 32
    model.generation_config.pad_token_id = 32
    model.save_pretrained(folder)
