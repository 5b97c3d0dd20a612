"""The autoencoders as ONNX graphs."""

from functools import partial

from IMGAN.model import Autoencoder, CNNDecoder
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.networks.onnx_files import Graph, decoder_graph


def onnx_graphs(model: Autoencoder) -> dict[str, Graph]:
    """Return the encoder and the decoder of an autoencoder.

    The encoder: voxels [n, 64, 64, 64, 1] → codes z [n, z_dim]. A CNN decoder: the reverse.
    """
    codes, grids = ["n", model.z_dim], ["n", *[VOXEL_RESOLUTION] * 3, 1]
    encoder = Graph(partial(model.encoder, training=False), {"voxels": grids}, {"z": codes})
    if not isinstance(model.decoder, CNNDecoder):
        return {"encoder": encoder, "decoder": decoder_graph(model.decoder)}
    decoder = Graph(partial(model.decoder, training=False), {"z": codes}, {"values": grids})
    return {"encoder": encoder, "decoder": decoder}
