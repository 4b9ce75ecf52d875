"""The picture on the course's tile: the left parts of three of its stills, drawn by chromium into ``docs/gallery/learn.png``.

python scripts/course_picture.py
"""

from __future__ import annotations

import shutil

from aigc_core.lessons.stills import FOLDER
from demos.ui.gallery import GALLERY

STILLS = ("score-field", "gan-lab", "attention-map")
WIDTH, HEIGHT = 1088, 464
STYLE = f"""body {{ margin: 0; width: {WIDTH}px; height: {HEIGHT}px; display: grid; grid-template-columns: repeat(3, 1fr); background: #fff; }}
div {{ overflow: hidden; padding: 26px 0 0 26px; }} svg {{ height: 412px; width: auto; }}"""


def main() -> None:
    from playwright.sync_api import sync_playwright

    drawn = "".join(f"<div>{(FOLDER / f'{name}.svg').read_text('utf-8')}</div>" for name in STILLS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_content(f"<style>{STYLE}</style>{drawn}")
        page.screenshot(path=GALLERY / "learn.png")
        browser.close()


if __name__ == "__main__":
    main()
