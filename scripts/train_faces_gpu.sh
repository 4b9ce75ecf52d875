#!/usr/bin/env bash
# One call on an accelerator: train one face model for so many minutes, then leave what is worth carrying in $OUT.
#
#   scripts/train_faces_gpu.sh gan|vae|diffusion [MINUTES, default 8] [further options of the training…]
#
# DATA (default .faces/faces128.zip) and BACKBONE (default .faces/lite0.pth) name the inputs; runs/ keeps the state between
# calls on a machine that stays up. At most 8 files of at most 16 MiB, no deeper than $OUT/ema/.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:?gan, vae or diffusion}; minutes=${2:-8}; shift; [ $# -gt 0 ] && shift
data=${DATA:-.faces/faces128.zip}; backbone=${BACKBONE:-.faces/lite0.pth}; out=${OUT:-outputs/faces-$what}
python=${PYTHON:-python3}; device=${DEVICE:-cuda}
run=runs/gpu-faces-$what; mkdir -p "$run" "$out"
compile=(); [ "$device" = cuda ] && compile=(--compile)
common=(--data "$data" --out "$run" --device "$device")
status=0
case $what in
  gan)  # has no time limit of its own: the state of the last saving stays
    timeout "$((minutes * 60))" "$python" -m aigc_core.training.faces_gan "${common[@]}" --backbone "$backbone" \
      --batch 64 --kimg 2000 "$@" || status=$? ;;
  vae)
    "$python" -m aigc_core.training.faces_vae "${common[@]}" --backbone "$backbone" --minutes "$minutes" \
      "${compile[@]}" --batch 128 --kimg 1000 "$@" || status=$? ;;
  diffusion)
    "$python" -m aigc_core.training.faces_diffusion "${common[@]}" --minutes "$minutes" \
      "${compile[@]}" --batch 256 --kimg 3000 "$@" || status=$? ;;
  *) echo "gan, vae or diffusion; got $what" >&2; exit 2 ;;
esac
rm -rf "$out/ema"
[ -d "$run/ema" ] && cp -r "$run/ema" "$out/ema"
for file in samples.png log.jsonl; do [ -f "$run/$file" ] && cp "$run/$file" "$out/"; done
find "$out" -type f -size +16384k -exec rm -v {} +
[ "$status" -eq 124 ] && status=0  # timeout's way of saying that the minutes are over
exit "$status"
