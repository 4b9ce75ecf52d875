"""What pyproject.toml cannot say: checkpoints and documents lie beside the packages in a checkout, inside of them once installed."""

from setuptools import find_namespace_packages, setup

SHIPPED = {"aigc_core.shipped.checkpoints": "checkpoints", "aigc_core.shipped.docs": "docs"}
"""Folders of the checkout by the place that :mod:`aigc_core.resources` looks for them in."""

setup(
    packages=[*find_namespace_packages(include=["aigc_core*", "demos*"], exclude=["*__pycache__*"]), *SHIPPED],
    package_dir=SHIPPED,
    package_data={
        "": ["*.css", "*.html", "*.js", "*.json", "*.md", "*.svg", "*.txt", "*.yaml"],
        "aigc_core.shipped.checkpoints": ["**/*"],
        "aigc_core.shipped.docs": ["gallery/**/*", "first_run.json", "felt.json"],
    },
    include_package_data=False,
)
