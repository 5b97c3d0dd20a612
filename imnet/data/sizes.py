"""The sizes that datasets and networks are made of."""

VOXEL_RESOLUTION = 64  # of the stored voxels, which the voxel encoder takes
VIEW_SIZE = 137  # pixels along a stored view
CROP_SIZE = 128  # pixels along what the image encoder takes of it
LETTER_SIDES = 28, 64  # pixels along a picture of a letter
LATER_GRID = 256  # at every resolution, the authors' later versions count points on this grid
