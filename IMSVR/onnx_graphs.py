"""Single-view reconstruction as ONNX graphs."""

from functools import partial

from imnet.data.sizes import CROP_SIZE
from imnet.networks.onnx_files import Graph, decoder_graph
from IMSVR.model import IMSVR


def onnx_graphs(imsvr: IMSVR) -> dict[str, Graph]:
    """Return the image encoder, views [n, 128, 128, 1] in 0..1 → codes z, and the decoder."""
    encoder = partial(imsvr.encoder, training=False)
    views, codes = ["n", CROP_SIZE, CROP_SIZE, 1], ["n", imsvr.z_dim]
    image_encoder = Graph(encoder, {"views": views}, {"z": codes})
    return {"image_encoder": image_encoder, "decoder": decoder_graph(imsvr.decoder)}
