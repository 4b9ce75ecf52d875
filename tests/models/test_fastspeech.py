"""The acoustic model's lengths, masks and gradients."""

from __future__ import annotations

import pytest
import torch

from aigc_core.models import fastspeech
from aigc_core.models.fastspeech import FastSpeech, FastSpeechConfig, Prosody

CONFIG = FastSpeechConfig(vocabulary=20, width=32, encoder_blocks=2, decoder_blocks=2)


def said(frames: int, batch: int = 1) -> Prosody:
    return Prosody(torch.ones(batch, frames), torch.zeros(batch, frames), torch.zeros(batch, frames))


def test_every_phoneme_gets_its_frames_in_order() -> None:
    model = FastSpeech(CONFIG)
    with torch.no_grad():
        model.place.weight.zero_()
        model.place.bias.zero_()
    h = torch.arange(1, 4).float()[None, :, None].expand(1, 3, 32)
    x, mask = model.expand(h, torch.tensor([[2, 0, 1]]))
    assert x[0, :, 0].tolist() == [1, 1, 1, 1, 3, 3] and mask.tolist() == [[1.0] * 6]


def test_what_is_filled_up_changes_nothing() -> None:
    torch.manual_seed(0)
    model = FastSpeech(CONFIG).eval()
    ids, durations = torch.tensor([[0, 3, 7, 0]]), torch.tensor([[1, 2, 3, 1]])
    longer = torch.tensor([[0, 3, 7, 0, 0, 0]]), torch.tensor([[1, 2, 3, 1, 0, 0]])
    mels = []
    for phonemes, units in ((ids, durations), longer):
        mask = (units > 0).float()
        h = model.encode(phonemes, torch.tensor([1]), mask)
        x, frames = model.expand(h, units)
        mels.append(model.decode(x, frames, said(14)))
    assert mels[0].shape == (1, 14, 80) and torch.allclose(mels[0], mels[1], atol=1e-5)


def test_padded_frames_of_a_batch_do_not_leak_into_a_shorter_sentence() -> None:
    torch.manual_seed(0)
    model = FastSpeech(CONFIG).eval()
    ids, units = torch.tensor([[0, 3, 0, 0], [0, 5, 6, 0]]), torch.tensor([[1, 2, 1, 0], [1, 4, 4, 1]])
    mask = (units > 0).float()
    x, frames = model.expand(model.encode(ids, torch.tensor([0, 0]), mask), units)
    both = model.decode(x, frames, said(20, 2))[0, :8]
    x, frames = model.expand(model.encode(ids[:1, :3], torch.tensor([0]), mask[:1, :3]), units[:1, :3])
    assert torch.allclose(model.decode(x, frames, said(8))[0], both, atol=1e-5)


def test_all_weights_learn_and_predictions_do_not_disturb_the_encoder() -> None:
    model = FastSpeech(CONFIG)
    ids, units = torch.tensor([[0, 3, 7, 0]]), torch.tensor([[1, 2, 3, 1]])
    terms = fastspeech.losses(model, ids, torch.tensor([1]), units, said(14), torch.zeros(1, 14, 80))
    torch.autograd.backward(terms.duration + terms.pitch + terms.voiced + terms.energy, retain_graph=True)
    assert model.phonemes.weight.grad is None
    torch.autograd.backward(terms.mel)
    assert all(p.grad is not None for p in model.parameters())


@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0])
def test_speed_scales_the_whole_and_every_phoneme_keeps_a_frame(speed: float) -> None:
    wanted = torch.tensor([0.1, 2.4, 3.3, 2.4, 8.0, 6.4])
    units = fastspeech.rounded(wanted, speed)
    assert bool((units >= 1).all()) and abs(int(units.sum()) - float(wanted.sum()) / speed) <= 2


def test_speaking_gives_a_spectrum_and_a_pitch_that_belong_together() -> None:
    torch.manual_seed(1)
    mel, f0 = FastSpeech(CONFIG).eval().speak(torch.tensor([0, 4, 9, 2, 0]), language=1)
    assert len(mel) == len(f0) and len(mel) % 2 == 0 and mel.shape[1] == 80
    assert bool(((f0 == 0) | (f0 > 20)).all())
