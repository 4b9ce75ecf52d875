"""Generative models from scratch and pretrained, behind one request-to-events interface.

``from aigc_core import registry, engine`` is enough to list and run everything; importing this package loads no
framework.
"""

import os

__version__ = "0.1.0"

# OpenMP's idle threads sleep instead of spinning; read once, when torch is imported. On a machine with anything else to do
# (a web server, another job) spinning threads keep the working ones from the cores: decoding fell from 20 to 2 tokens a second.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
