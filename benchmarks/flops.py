"""How many floating point operations each program needs, a multiply-add counted as two.

Only products that the result needs: the code's rows of the decoder's matrices count once a shape
(so not at all beside the points), no gradient by the input voxels, no activations, no Adam.
"""

from math import prod

from IMGAN.model import IMAE
from IMGAN.modelz import Perceptron
from IMGAN2D.model import PictureNetwork
from imnet.data.sizes import CROP_SIZE
from IMSVR.model import IMSVR, ImageEncoder
from IMSVR.ops import NormedConvolution


def decoder_flops(imae: IMAE | PictureNetwork) -> float:
    """One point through the decoder: the rows of the previous layer and of the point."""
    layers, hidden = imae.decoder.layers, imae.decoder.layout.layers
    rows = sum(prod(matrix.shape) for matrix, _ in layers)
    seeing = (
        matrix for (matrix, _), layer in zip(layers[:-1], hidden, strict=True) if layer.sees_input
    )
    return 2.0 * (rows - imae.z_dim * sum(matrix.shape[1] for matrix in seeing))


def encoder_flops(imae: IMAE) -> float:
    """One shape through the encoder; its convolutions give 32³, 16³, 8³, 4³ and 1 outputs."""
    kernels = [kernel for kernel, _ in imae.encoder.convolutions]
    outputs = (32**3, 16**3, 8**3, 4**3, 1)
    return 2.0 * sum(prod(k.shape) * n for k, n in zip(kernels, outputs, strict=True))


def train_step_flops(imae: IMAE, points: int) -> float:
    """A step on one shape: forward, and twice that backward but for the voxels' gradient."""
    first_kernel = imae.encoder.convolutions[0][0]
    forward = decoder_flops(imae) * points + encoder_flops(imae)
    return 3 * forward - 2.0 * prod(first_kernel.shape) * 32**3


def gan_step_flops(generator: Perceptron, critic: Perceptron, batch: int) -> float:
    """A critic's and a generator's step, each layer's product taken once for all that needs it."""
    of_generator, of_critic = (
        [prod(matrix.shape) for matrix, _ in network.layers] for network in (generator, critic)
    )
    # generator: forward for both steps, weights' gradients, signals back to its first layer
    products = 3 * sum(of_generator) - of_generator[0]
    # critic's step: forward, signals back and weights' gradients of real, fake and between;
    # the penalty also goes back to the code between and forward again to the last hidden layer
    products += 3 * (3 * sum(of_critic) - of_critic[0]) + of_critic[0] + sum(of_critic[:-1])
    # generator's step: forward through the critic and back to the codes
    products += 2 * sum(of_critic)
    return 2.0 * batch * products


def normed_convolutions(encoder: ImageEncoder) -> list[tuple[NormedConvolution, int]]:
    """Each convolution of the image encoder that has a norm, with the side of what it sees."""
    layers, side = [(encoder.first, CROP_SIZE)], CROP_SIZE // 2
    for block in encoder.blocks:
        layers.append((block.first, side))
        if block.shortcut:
            layers.append((block.shortcut, side))
        side //= block.first.stride
        layers.append((block.second, side))
    return [*layers, (encoder.last, side)]


def convolution_flops(kernel: tuple[int, ...], side: int) -> float:
    """A convolution, kernel [size, size, channels, out], of one picture to side² positions."""
    return 2.0 * prod(kernel) * side**2


def image_step_flops(imsvr: IMSVR, views: int) -> float:
    """A step of the image encoder: forward, and twice that backward but for the views' gradient."""
    layers = normed_convolutions(imsvr.encoder)
    each = [convolution_flops(layer.kernel.shape, side // layer.stride) for layer, side in layers]
    return views * (3 * (sum(each) + 2.0 * prod(imsvr.encoder.kernel.shape)) - each[0])


def picture_step_flops(network: PictureNetwork, letters: int) -> float:
    """A step of an autoencoder of letters on all pixels: forward, and twice that backward.

    Without the gradient by the pictures.
    """
    side, encoder = network.resolution, []
    for (kernel, _), stride in zip(
        network.coder.convolutions[:-1], network.coder.strides, strict=True
    ):
        side = -(-side // stride)
        encoder.append(2.0 * prod(kernel.shape) * side**2)
    encoder.append(2.0 * prod(network.coder.convolutions[-1][0].shape))
    if network.kind == "implicit":
        decoder = decoder_flops(network) * network.resolution**2
    else:
        kernels = [kernel for kernel, _ in network.decoder.convolutions]
        inputs = [1, *(-(-side // stride) for side, stride in network.decoder.sides)]
        decoder = sum(
            2.0 * prod(k.shape) * side**2 for k, side in zip(kernels, inputs, strict=True)
        )
    return letters * (3 * (sum(encoder) + decoder) - encoder[0])
