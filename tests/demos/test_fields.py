"""What components send becomes a request."""

import pytest

from aigc_core.errors import InvalidRequestError
from aigc_core.tasks.faces import FacesRequest
from demos.ui.fields import make_request


def test_an_empty_number_leaves_an_optional_field_at_its_default() -> None:
    assert make_request(FacesRequest, {"num_inference_steps": None, "guidance_scale": None}) == FacesRequest()


def test_a_nought_that_means_something_stays_and_one_that_cannot_is_refused() -> None:
    assert make_request(FacesRequest, {"seed_to": 0}) == FacesRequest(seed_to=0)
    for name in ("count", "num_inference_steps"):
        with pytest.raises(InvalidRequestError, match=f"{name} must be between 1 and"):
            make_request(FacesRequest, {name: 0})
