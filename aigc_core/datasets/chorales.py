"""Four-part chorales by J. S. Bach, read from (compressed) MusicXML onto a grid of eighth notes.

The scores are those of the music21 corpus (package ``music21``, folder ``corpus/bach``); the music is in the public
domain, most encodings are © 2004 Margaret Greentree and are distributed there by permission. They are read here with the
standard library, music21 itself is not needed.

Kept: 4/4 throughout, the four parts soprano, alto, tenor, bass, complete bars, and a final chord on the tonic of the key
signature (the others are modal or end on the dominant). Sixteenths are rounded to the grid: what sounds at each eighth.

Shapes: T steps of an eighth, 4 voices from soprano down to bass.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

STEPS_PER_BEAT = 2
BEATS_PER_BAR = 4
STEPS_PER_BAR = STEPS_PER_BEAT * BEATS_PER_BAR
VOICES = ("soprano", "alto", "tenor", "bass")
Mode = Literal["major", "minor"]
_STEP_PITCH = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True, kw_only=True)
class Chorale:
    """One chorale on the grid."""

    name: str
    pitches: NDArray[np.int16]
    """MIDI pitch that sounds in each voice, (T, 4); 0 is a rest."""
    attacks: NDArray[np.bool_]
    """True where a note begins, (T, 4)."""
    fermatas: NDArray[np.bool_]
    """Steps of the notes under a fermata, which ends a phrase, (T,)."""
    start: int
    """Place of the first step in its bar, 0–7; not 0 where an upbeat begins the piece."""
    tonic: int
    """Pitch class, C is 0."""
    mode: Mode

    def normalised(self) -> NDArray[np.int16]:
        """Pitches transposed by the least interval to C major or A minor, (T, 4); rests stay 0."""
        shift = shift_to_home(self.tonic, self.mode)
        return np.where(self.pitches > 0, self.pitches + shift, 0).astype(np.int16)


def shift_to_home(tonic: int, mode: Mode) -> int:
    """Semitones (-5…6) from a key to C major or A minor."""
    distance = ((0 if mode == "major" else 9) - tonic) % 12
    return distance - 12 if distance > 6 else distance


def read_folder(folder: Path) -> Iterator[Chorale]:
    """The usable chorales of a folder in the order of their names, none twice."""
    seen: set[bytes] = set()
    for file in sorted(folder.glob("*.mxl")) + sorted(folder.glob("*.xml")):
        chorale = read(file)
        if chorale is not None and (key := chorale.normalised().tobytes()) not in seen:
            seen.add(key)
            yield chorale


def read(file: Path) -> Chorale | None:
    """Read one score; None for scores that are filtered out."""
    root = _root(file)
    parts = _parts(root)
    times = {(t.findtext("beats"), t.findtext("beat-type")) for part in parts for t in part.iter("time")}
    keys = {k.findtext("fifths") for part in parts for k in part.iter("key")}
    polyphonic = any(part.find(f".//{tag}") is not None for part in parts for tag in ("backup", "chord"))
    if len(parts) != len(VOICES) or times != {("4", "4")} or len(keys) != 1 or polyphonic:
        return None
    lengths, start = _bars(parts[0])
    voices = [_voice(part, lengths) for part in parts]
    if start is None or any(v is None for v in voices):
        return None
    columns = [v for v in voices if v is not None]
    pitches = np.stack([v[0] for v in columns], axis=1)  # (T, 4)
    attacks = np.stack([v[1] for v in columns], axis=1)  # (T, 4)
    home = _tonic(int(keys.pop() or 0), pitches[-1])
    if home is None:
        return None
    return Chorale(
        name=file.stem, pitches=pitches, attacks=attacks, fermatas=columns[0][2], start=start, tonic=home[0], mode=home[1]
    )  # fmt: skip


def _root(file: Path) -> ElementTree.Element:
    """The score's root; ``.mxl`` is a zip archive whose container file names the score."""
    if file.suffix != ".mxl":
        return ElementTree.parse(file).getroot()
    with zipfile.ZipFile(file) as archive:
        container = ElementTree.fromstring(archive.read("META-INF/container.xml"))
        named = [str(e.get("full-path")) for e in container.iter() if e.tag.endswith("rootfile")]
        return ElementTree.fromstring(archive.read(named[0]))


def _parts(root: ElementTree.Element) -> list[ElementTree.Element]:
    """The parts of the four voices, soprano first; instruments that double them are left out."""
    names = {p.get("id"): (p.findtext("part-name") or "").strip().lower() for p in root.iter("score-part")}
    found = {names.get(part.get("id"), ""): part for part in root.findall("part")}
    return [found[name] for name in VOICES if name in found]


def _tonic(fifths: int, final: NDArray[np.int16]) -> tuple[int, Mode] | None:
    """Tonic and mode if the final bass note is the tonic of the signature's major or minor key.

    The mode is the signature's: a minor piece may well end on a major chord.
    """
    major = fifths * 7 % 12
    minor = (major + 9) % 12
    bass = int(final[3]) % 12
    if not final.all():
        return None
    if bass == major:
        return major, "major"
    return (minor, "minor") if bass == minor else None


def _bars(part: ElementTree.Element) -> tuple[list[float], int | None]:
    """Length of each measure in beats, and the place of the first step in its bar; None where bars are incomplete.

    Repeats split a bar in two measures that add up to one; an upbeat is made up for by the last measure or not at all.
    """
    lengths = []
    divisions = 1.0
    for measure in part.iter("measure"):
        divisions = float(measure.findtext("attributes/divisions") or divisions)
        durations = [float(n.findtext("duration") or 0) for n in measure.iter("note") if n.find("grace") is None]
        lengths.append(sum(durations) / divisions)
    place = first = (BEATS_PER_BAR - lengths[0]) % BEATS_PER_BAR
    for length in lengths:
        if place + length > BEATS_PER_BAR or length * STEPS_PER_BEAT % 1:
            return lengths, None
        place = (place + length) % BEATS_PER_BAR
    return lengths, int(first * STEPS_PER_BEAT)


_Voice = tuple[NDArray[np.int16], NDArray[np.bool_], NDArray[np.bool_]]


def _voice(part: ElementTree.Element, lengths: list[float]) -> _Voice | None:
    """Pitches, attacks and fermatas of one part, each (T,); None where its measures do not match ``lengths``."""
    steps = round(sum(lengths) * STEPS_PER_BEAT)
    pitches, attacks, fermatas = np.zeros(steps, np.int16), np.zeros(steps, np.bool_), np.zeros(steps, np.bool_)
    divisions, time = 1.0, 0.0
    for measure, length in zip(part.iter("measure"), lengths, strict=False):
        divisions = float(measure.findtext("attributes/divisions") or divisions)
        begin = time
        for note in measure.iter("note"):
            if note.find("grace") is not None:
                continue
            duration = float(note.findtext("duration") or 0) / divisions
            first, last = (int(np.ceil(t * STEPS_PER_BEAT - 1e-6)) for t in (time, time + duration))
            if first < last:
                pitches[first:last] = _pitch(note)
                tied = any(t.get("type") == "stop" for t in note.iter("tie"))
                attacks[first] = pitches[first] > 0 and not tied
                fermatas[first:last] = note.find(".//fermata") is not None
            time += duration
        if abs(time - begin - length) > 1e-6:
            return None
    return pitches, attacks, fermatas


def _pitch(note: ElementTree.Element) -> int:
    """MIDI number; 0 for a rest."""
    pitch = note.find("pitch")
    if pitch is None:
        return 0
    step, octave, alter = (pitch.findtext(name) or "0" for name in ("step", "octave", "alter"))
    return 12 * (int(octave) + 1) + _STEP_PITCH[step] + round(float(alter))
