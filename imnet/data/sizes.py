"""The sizes that datasets, and new networks of the authors' widths, are made of."""

VOXEL_RESOLUTION = 64  # of the stored voxels, which the voxel encoder takes
VIEW_SIZE = 137  # pixels along a stored view
CROP_SIZE = 128  # pixels along what the image encoder takes of it
WHITE = 245  # from here on a pixel of a picture is background
LETTER_SIDES = 28, 64  # pixels along a picture of a letter
LATER_GRID = 256  # at every resolution, the authors' later versions count points on this grid
CAMERAS = "cameras"  # key of where a dataset's views were taken from, [N, V, 3 or 6]
FRAMES = "frames"  # key of the datasets that tell where each mesh stood, see `own_frame`
ELEVATION = (25, 30)  # degrees, of the cameras of ShapeNet's renderings
VARIED_ELEVATION = (0, 40)  # the same, of product photos

Z_DIM, LATER_Z_DIM = 128, 256  # width of the codes: the original's, the later versions'
VOXEL_ENCODER_WIDTH = 32
IMAGE_ENCODER_WIDTH = 64
DECODER_WIDTH = 128
GAN_WIDTH = 2048  # of the latent GAN's hidden layers

SAMPLE_RESOLUTION, LATER_RESOLUTION = 128, 256  # of samples' and single views' meshes
CLOUD_POINTS = 2048  # of the original's point clouds
