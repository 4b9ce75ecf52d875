# The whole suite on a CPU: docker build -t aigc-studio --build-arg TORCH_INDEX=… . (what it takes and how it is run: docs/DEPLOY.md, compose.yaml).
FROM python:3.11-slim-bookworm

# Where PyTorch's CPU wheels are, the address that PyTorch's own page gives pip for them; empty: the wheel of the Python registry,
# which carries CUDA (2 GB more).
ARG TORCH_INDEX=
# Files of requirements to install.
ARG REQUIREMENTS=requirements.txt
# Models whose weights the image carries, beside those of the repository: names, or "first" for the first of every tab (210 MB).
# Those left out are fetched when somebody first asks for them.
ARG WEIGHTS=

# All that is ever written lies in /data: jobs with their files, fetched weights, caches and what is temporary.
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/data \
    TMPDIR=/data \
    XDG_CACHE_HOME=/data/cache \
    AIGC_HOME=/data/cache/aigc \
    HF_HOME=/data/cache/huggingface \
    MPLCONFIGDIR=/data/cache/matplotlib \
    AIGC_MODELS=+first \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

RUN groupadd --gid 10001 aigc \
    && useradd --uid 10001 --gid aigc --home-dir /data --no-create-home --shell /usr/sbin/nologin aigc \
    && install --directory --owner aigc --group aigc --mode 700 /data

WORKDIR /app
RUN python3 -m venv /opt/venv
COPY requirements*.txt ./
# The versions are pinned in the files.
# hadolint ignore=DL3013
RUN set --; for file in $REQUIREMENTS; do set -- "$@" -r "$file"; done; \
    pip install ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} "$@"
COPY . .
RUN python -m compileall -q aigc_core demos

USER 10001:10001
RUN set -e; for model in $WEIGHTS; do python -m aigc_core.weights fetch "$model"; done

VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=10s --start-period=90s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:7860/health', timeout=8)"]
CMD ["python", "app.py", "--host", "0.0.0.0", "--port", "7860", "--outputs", "/data", "--log-json"]
