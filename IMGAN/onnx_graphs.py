"""The autoencoders as ONNX graphs."""

from IMGAN.model import Autoencoder, CNNDecoder, VoxelEncoder
from imnet.data.sizes import VOXEL_RESOLUTION
from imnet.networks.onnx_files import Graph, decoder_graph

GRID = [VOXEL_RESOLUTION] * 3


def onnx_graphs(model: Autoencoder) -> dict[str, Graph]:
    """Return the encoder and the decoder of an autoencoder."""
    cnn = isinstance(model.decoder, CNNDecoder)
    decoder = cnn_decoder_graph(model.decoder, model.z_dim) if cnn else decoder_graph(model.decoder)
    return {"encoder": encoder_graph(model.encoder, model.z_dim), "decoder": decoder}


def encoder_graph(encoder: VoxelEncoder, z_dim: int) -> Graph:
    """Return a voxel encoder: voxels [n, 64, 64, 64, 1] → codes z [n, z_dim]."""
    graph = Graph({"voxels": ["n", *GRID, 1]}, {"z": ["n", z_dim]})
    h = graph.add("Reshape", "voxels", [0, 1, *GRID])  # 0: as it was
    for (kernel, bias), norm in zip(encoder.convolutions[:-1], encoder.norms, strict=True):
        h = graph.convolution(h, kernel, bias, stride=2, padding=(1, 1))
        h = graph.leaky_relu(graph.norm(h, norm))
    h = graph.convolution(h, *encoder.convolutions[-1])  # [n, z_dim, 1, 1, 1]
    graph.add("Sigmoid", graph.add("Flatten", h))
    return graph


def cnn_decoder_graph(decoder: CNNDecoder, z_dim: int) -> Graph:
    """Return a decoder of voxels: codes z [n, z_dim] → values [n, 64, 64, 64, 1]."""
    graph = Graph({"z": ["n", z_dim]}, {"values": ["n", *GRID, 1]})
    h = graph.add("Reshape", "z", [0, z_dim, 1, 1, 1])
    h = graph.convolution(h, *decoder.convolutions[0], transposed=True)  # [n, 8e, 4, 4, 4]
    for (kernel, bias), norm in zip(decoder.convolutions[1:], decoder.norms, strict=True):
        h = graph.leaky_relu(graph.norm(h, norm))
        h = graph.convolution(h, kernel, bias, stride=2, padding=(1, 1), transposed=True)
    graph.add("Sigmoid", graph.add("Reshape", h, [0, *GRID, 1]))
    return graph
