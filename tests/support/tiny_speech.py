"""Speech models of a few kilobytes: the real classes with random weights, saved as a hub repository would be."""

from __future__ import annotations

import json
from pathlib import Path

from aigc_core import runtime


def vits(folder: Path) -> None:
    """VITS that reads letters."""
    runtime.torchaudio()
    import torch
    from transformers import VitsConfig, VitsModel, VitsTokenizer

    letters = ["_", *"abcdefghijklmnopqrstuvwxyz '-", "<unk>"]
    (folder / "vocab.json").write_text(json.dumps({letter: i for i, letter in enumerate(letters)}))
    VitsTokenizer(folder / "vocab.json", pad_token="_", phonemize=False, language="eng").save_pretrained(folder)
    torch.manual_seed(1)
    config = VitsConfig(
        vocab_size=len(letters), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, ffn_dim=32, flow_size=16,
        spectrogram_bins=9, upsample_initial_channel=32, upsample_rates=[4, 4], upsample_kernel_sizes=[8, 8],
        resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1, 3]], prior_encoder_num_flows=1,
        posterior_encoder_num_wavenet_layers=1, prior_encoder_num_wavenet_layers=1, duration_predictor_num_flows=1,
        duration_predictor_filter_channels=16, depth_separable_num_layers=1, wavenet_dilation_rate=1, sampling_rate=16000,
    )  # fmt: skip
    VitsModel(config).save_pretrained(folder)


def speecht5(folder: Path) -> None:
    """SpeechT5, its vocoder in the folder ``vocoder``."""
    runtime.torchaudio()
    import sentencepiece
    import torch
    from transformers import (
        SpeechT5Config,
        SpeechT5ForTextToSpeech,
        SpeechT5HifiGan,
        SpeechT5HifiGanConfig,
        SpeechT5Tokenizer,
    )

    (folder / "text.txt").write_text("the quick brown fox jumps over the lazy dog's back, and runs!\n" * 20)
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "text.txt"), model_prefix=str(folder / "spm_char"), model_type="char", vocab_size=36,
        pad_id=1, bos_id=0, eos_id=2, unk_id=3, minloglevel=2,
    )  # fmt: skip
    SpeechT5Tokenizer(str(folder / "spm_char.model")).save_pretrained(folder)
    torch.manual_seed(2)
    config = SpeechT5Config(
        vocab_size=40, hidden_size=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, num_mel_bins=8, speech_decoder_prenet_units=16,
        speech_decoder_postnet_units=16, speaker_embedding_dim=4, encoder_layerdrop=0.0, decoder_layerdrop=0.0,
    )  # fmt: skip
    model = SpeechT5ForTextToSpeech(config)
    torch.nn.init.constant_(model.speech_decoder_postnet.prob_out.bias, -1.0)  # a random network stops at once
    model.save_pretrained(folder)
    vocoder = SpeechT5HifiGanConfig(
        model_in_dim=8, upsample_initial_channel=16, upsample_rates=[4, 4], upsample_kernel_sizes=[8, 8],
        resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1, 3]], initializer_range=0.3,
    )  # fmt: skip
    SpeechT5HifiGan(vocoder).save_pretrained(folder / "vocoder")
