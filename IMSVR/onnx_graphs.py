"""Single-view reconstruction as ONNX graphs."""

from imnet.data.sizes import CROP_SIZE
from imnet.networks.onnx_files import Graph, decoder_graph
from IMSVR.model import IMSVR, ImageEncoder
from IMSVR.ops import NormedConvolution


def onnx_graphs(imsvr: IMSVR) -> dict[str, Graph]:
    """Return the image encoder and the decoder."""
    encoder = image_encoder_graph(imsvr.encoder, imsvr.z_dim)
    return {"image_encoder": encoder, "decoder": decoder_graph(imsvr.decoder)}


def image_encoder_graph(encoder: ImageEncoder, z_dim: int) -> Graph:
    """Return an image encoder: views [n, 128, 128, 1] in 0..1 → codes z [n, z_dim]."""
    graph = Graph({"views": ["n", CROP_SIZE, CROP_SIZE, 1]}, {"z": ["n", z_dim]})

    def normed(x: str, layer: NormedConvolution) -> str:
        # SAME's padding on both sides together, where the stride divides the picture's side
        total = max(layer.kernel.shape[0] - layer.stride, 0)
        padding = (layer.padding,) * 2 if layer.padding else (total // 2, total - total // 2)
        x = graph.convolution(x, layer.kernel, stride=layer.stride, padding=padding)
        return graph.norm(x, layer.norm)

    dark = graph.add("Sub", 1.0, graph.add("Reshape", "views", [0, 1, CROP_SIZE, CROP_SIZE]))
    h = graph.leaky_relu(normed(dark, encoder.first))
    for block in encoder.blocks:
        shortcut = normed(h, block.shortcut) if block.shortcut else h
        h = normed(graph.leaky_relu(normed(h, block.first)), block.second)
        h = graph.leaky_relu(graph.add("Add", h, shortcut))
    h = graph.leaky_relu(normed(h, encoder.last))
    h = graph.convolution(h, encoder.kernel, encoder.bias)  # [n, z_dim, 1, 1]
    graph.add("Sigmoid", graph.add("Flatten", h))
    return graph
