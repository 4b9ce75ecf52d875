"""Several requests of one click, run one after another: each has its turn, and one that fails leaves the others theirs."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import gradio as gr

from aigc_core.tasks.request import Request
from aigc_core.types import Result
from demos.ui import player
from demos.ui.i18n import Text
from demos.ui.player import Moment
from demos.ui.studio import Studio


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Request number ``at`` at one moment; it has begun where there is neither a moment nor a message."""

    at: int
    moment: Moment | None = None
    failure: Text | None = None

    @property
    def status(self) -> str:
        """The status line."""
        return self.moment.status if self.moment else player.IDLE if self.failure else player.running(None)

    @property
    def result(self) -> Result | None:
        """The result, once it is there."""
        return self.moment.result if self.moment else None

    @property
    def output(self) -> Any:
        """What there is of the output: the result's, or a preview's; None where there is nothing new."""
        if self.moment is None:
            return None
        return self.moment.preview if self.moment.result is None else self.moment.result.output


def turns(studio: Studio, asked: Sequence[Request], request: gr.Request | None) -> Generator[Turn, None, None]:
    """Run the requests at the visitor's cost; close it and the work stops."""
    for at, one in enumerate(asked):
        yield Turn(at=at)
        try:
            with closing(player.moments(studio, one, request)) as moments:
                for moment in moments:
                    yield Turn(at=at, moment=moment)
        except (Exception, SystemExit) as error:
            yield Turn(at=at, failure=Text(*player.explain(error)))
