"""Networks trained by others whose features measure pictures: perceptual losses and distances."""
