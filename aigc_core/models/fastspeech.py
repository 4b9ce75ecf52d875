"""A non-autoregressive acoustic model after FastSpeech 2 (Ren et al. 2020, arXiv 2006.04558): phonemes to mel spectrum at once.

    h = encoder(phonemes, language)          d̂ = duration(h)
    x = h repeated d times                   (v̂, f̂, ê) = prosody(x): voiced or not, log pitch, energy
    mel = decoder(x + pitch(v, f) + energy(e))

In training d, v, f, e are the teacher's, who says them himself (no aligner); in use they are the model's own, or drawn by hand.
Differences from the paper: ConvNeXt blocks instead of transformer layers, with self-attention in the encoder alone (a question
mark at the end lifts the voice long before); pitch in the log domain a frame, not a wavelet spectrum; two languages in one model.

Shapes: B batch, L phonemes, M frames of 12.5 ms, D width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aigc_core.models.convnext import Blocks
from aigc_core.models.features.log_mel import MEL_CENTRE, MEL_SCALE, N_MELS, PITCH_CENTRE, PITCH_SCALE

FRAMES = 2
"""Frames in one unit of duration: the teacher counts in 25 ms."""
ENERGY_SCALE = 5.0


@dataclass(frozen=True, kw_only=True)
class FastSpeechConfig:
    vocabulary: int
    languages: int = 2
    width: int = 192
    encoder_blocks: int = 4
    heads: int = 2
    duration_blocks: int = 2
    prosody_blocks: int = 3
    decoder_blocks: int = 6


class Prosody(NamedTuple):
    """Prosody of an utterance, each (B, M)."""

    voiced: Tensor
    """1 or 0; as a prediction, the logit."""
    pitch: Tensor
    """(log F0 − log 200) / 0.25; any number where unvoiced."""
    energy: Tensor
    """The teacher's energy / 5."""


class Attention(nn.Module):
    """Self-attention over the whole sentence, both ways."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, L, D) to (B, L, D); phonemes where ``mask`` (B, L) is 0 are not looked at."""
        B, L, D = x.shape
        q, k, v = self.qkv(self.norm(x)).view(B, L, 3, self.heads, D // self.heads).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None].bool())  # (B, H, L, d)
        added: Tensor = self.out(seen.transpose(1, 2).reshape(B, L, D)) * mask[..., None]
        return x + added


class FastSpeech(nn.Module):
    """The network."""

    def __init__(self, config: FastSpeechConfig) -> None:
        super().__init__()
        self.config, D = config, config.width
        self.phonemes = nn.Embedding(config.vocabulary, D)
        self.language = nn.Embedding(config.languages, D)
        self.near, self.far = (
            Blocks(D, config.encoder_blocks // 2),
            Blocks(D, config.encoder_blocks - config.encoder_blocks // 2),
        )
        self.attention = nn.ModuleList(Attention(D, config.heads) for _ in range(2))
        self.duration, self.duration_out = Blocks(D, config.duration_blocks), nn.Linear(D, 1)
        self.place = nn.Linear(3, D)
        self.prosody, self.prosody_out = Blocks(D, config.prosody_blocks), nn.Linear(D, 3)
        self.pitch, self.energy = nn.Conv1d(2, D, 5, padding=2), nn.Conv1d(1, D, 5, padding=2)
        self.decoder, self.mel = Blocks(D, config.decoder_blocks), nn.Linear(D, N_MELS)

    def encode(self, ids: Tensor, language: Tensor, mask: Tensor) -> Tensor:
        """Phonemes in their sentence.

        Args:
            ids: (B, L)
            language: (B,)
            mask: (B, L), 1 where there is a phoneme.

        Returns:
            (B, L, D)
        """
        x: Tensor = self.phonemes(ids) + self.language(language)[:, None]
        x = self.attention[0](self.near(x, mask), mask)
        x = self.attention[1](self.far(x, mask), mask)
        return x * mask[..., None]

    def log_durations(self, h: Tensor, mask: Tensor) -> Tensor:
        """log(1 + units of 25 ms) of each phoneme, (B, L); does not teach the encoder."""
        y: Tensor = self.duration_out(self.duration(h.detach(), mask))[..., 0]
        return y

    def expand(self, h: Tensor, durations: Tensor) -> tuple[Tensor, Tensor]:
        """Repeat each phoneme for its frames and say where in it each frame stands.

        Args:
            h: (B, L, D)
            durations: (B, L) integers, in units of 25 ms.

        Returns:
            (B, M, D), and the mask (B, M) of frames that are there.
        """
        frames = durations * FRAMES
        ends = frames.cumsum(1)  # (B, L)
        M = int(ends[:, -1].max())
        at = torch.arange(M, device=h.device).expand(len(h), M).contiguous()
        phoneme = torch.searchsorted(ends, at, right=True).clamp(max=h.shape[1] - 1)  # (B, M)
        mask = (at < ends[:, -1:]).to(h.dtype)
        length = frames.gather(1, phoneme).clamp(min=1).to(h.dtype)
        since = (at - (ends - frames).gather(1, phoneme)).to(h.dtype)
        place = torch.stack([since / length, (length - since) / length, length.log()], dim=-1)  # (B, M, 3)
        x = h.gather(1, phoneme[..., None].expand(-1, -1, h.shape[2])) + self.place(place)
        return x * mask[..., None], mask

    def predict(self, x: Tensor, mask: Tensor) -> Prosody:
        """Prosody of frames (B, M, D); does not teach the encoder."""
        return Prosody(*self.prosody_out(self.prosody(x.detach(), mask)).unbind(-1))

    def decode(self, x: Tensor, mask: Tensor, prosody: Prosody) -> Tensor:
        """Log-mel spectrum (B, M, N_MELS) of frames (B, M, D) said in a given way."""
        voiced = prosody.voiced * mask
        pitch = torch.stack([voiced, prosody.pitch * voiced], dim=1)  # (B, 2, M)
        said = self.pitch(pitch) + self.energy((prosody.energy * mask)[:, None])  # (B, D, M)
        mel: Tensor = self.mel(self.decoder(x + said.transpose(1, 2), mask))
        return mel * MEL_SCALE + MEL_CENTRE

    @torch.no_grad()
    def speak(self, ids: Tensor, language: int, speed: float = 1.0) -> tuple[Tensor, Tensor]:
        """One sentence said in the model's own way.

        Args:
            ids: (L,)

        Returns:
            Log-mel spectrum (M, N_MELS), and pitch in Hz (M,), 0 where unvoiced.
        """
        mask = torch.ones(1, len(ids))
        h = self.encode(ids[None], torch.tensor([language]), mask)
        durations = rounded(self.log_durations(h, mask)[0].exp() - 1, speed)
        x, frames = self.expand(h, durations[None])
        predicted = self.predict(x, frames)
        said = predicted._replace(voiced=(predicted.voiced > 0).to(x.dtype))
        return self.decode(x, frames, said)[0], hertz(said)[0]


def rounded(durations: Tensor, speed: float = 1.0) -> Tensor:
    """Whole units of at least one each; the fractions are carried on, so that the sum stays. (L,) to (L,) integers."""
    ends = (durations.clamp(min=0.5) / speed).cumsum(0).round().long()
    return torch.diff(ends, prepend=ends.new_zeros(1)).clamp(min=1)


def hertz(prosody: Prosody) -> Tensor:
    """F0 in Hz, 0 where unvoiced."""
    return prosody.voiced * (prosody.pitch * PITCH_SCALE + PITCH_CENTRE).exp()


class Losses(NamedTuple):
    """Terms of the loss, scalars."""

    mel: Tensor
    duration: Tensor
    pitch: Tensor
    voiced: Tensor
    energy: Tensor


def losses(
    model: FastSpeech, ids: Tensor, language: Tensor, durations: Tensor, prosody: Prosody, mel: Tensor
) -> Losses:
    """Mean absolute errors (of log durations, log pitch where voiced, energy, log mel), and the voicing's cross-entropy.

    Args:
        ids: (B, L), 0 beyond a sentence's end.
        durations: (B, L), 0 beyond it.
        mel: (B, M, N_MELS)
    """
    mask = (durations > 0).to(mel.dtype)
    h = model.encode(ids, language, mask)
    x, frames = model.expand(h, durations)
    said = model.predict(x, frames)
    made = model.decode(x, frames, prosody)
    voiced = frames * prosody.voiced
    return Losses(
        mel=_mean((made - mel).abs().mean(-1), frames),
        duration=_mean((model.log_durations(h, mask) - (1 + durations).log()).abs(), mask),
        pitch=_mean((said.pitch - prosody.pitch).abs(), voiced),
        voiced=_mean(F.binary_cross_entropy_with_logits(said.voiced, prosody.voiced, reduction="none"), frames),
        energy=_mean((said.energy - prosody.energy).abs(), frames),
    )


def _mean(values: Tensor, mask: Tensor) -> Tensor:
    return (values * mask).sum() / mask.sum().clamp(min=1)
