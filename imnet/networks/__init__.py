"""What every network is made of and how it is trained, loaded and saved."""

from imnet.base.quiet import import_tensorflow

import_tensorflow()  # before any module here does, with all that it prints
