"""Fixtures of several test files."""

from functools import partial

import pytest


@pytest.fixture(scope="module")
def small_pictures():
    """Draw the programs' sheets small and of few shapes: what they show is tested elsewhere."""
    from IMGAN import training
    from imnet.pictures.rendering import contact_sheet
    from imnet.programs import outputs
    from IMSVR import reconstruction

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "SHEET_SHAPES", 1)
        patch.setattr(training, "TILE", 32)
        patch.setattr(reconstruction, "TILE", 32)
        patch.setattr(outputs, "contact_sheet", partial(contact_sheet, tile=32))
        yield
