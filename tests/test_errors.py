"""The exception tree: one root, a message in both languages, and no class outside it."""

import inspect

import pytest

from aigc_core import errors
from aigc_core.errors import AigcError, DownloadError, InvalidRequestError, OfflineError

CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass) if c.__module__ == errors.__name__]


@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_is_shown_to_the_user_as_it_is(cls: type[AigcError]) -> None:
    assert issubclass(cls, AigcError)
    error = cls("too many", "太多")
    assert (str(error), error.zh) == ("too many", "太多")
    assert cls("too many").zh == "too many", "without a translation the English message is shown"


def test_offline_is_a_way_of_failing_to_download() -> None:
    assert issubclass(OfflineError, DownloadError)
    assert not issubclass(InvalidRequestError, DownloadError)


def test_the_docstring_draws_the_whole_tree() -> None:
    assert errors.__doc__ is not None
    for cls in CLASSES:
        assert cls.__name__ in errors.__doc__
