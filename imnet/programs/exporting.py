"""--export: a trained network in the form that other programs read."""

from collections.abc import Callable, Mapping
from pathlib import Path

from imnet.base.errors import UserError
from imnet.networks.checkpoints import PTH, variable_name
from imnet.networks.network import Network
from imnet.networks.onnx_files import Graph
from imnet.networks.port_names import to_port
from imnet.networks.pytorch import write_pth

NOT_IN_PORT = {  # variants, and why
    "original": "its decoder sees point and code again in every layer",
    "improved": "its values are clipped flat at 0 and 1, and its encoder differs too",
}


def export(
    network: Network, path: str, onnx_graphs: Callable[[Network], Mapping[str, Graph]]
) -> None:
    """Write a network and print what was written.

    Args:
        network: that is written.
        path: `<stem>.pth` is the PyTorch port's file of weights; `<stem>.onnx` stands for the files
            `<stem>_<part>.onnx`.
        onnx_graphs: gives the parts of the network by name.

    Raises:
        UserError: the port has no such network, or the package tf2onnx is missing.
    """
    target = Path(path)
    if target.suffix == PTH:
        write_port_weights(network, target)
        return
    for part, graph in onnx_graphs(network).items():
        file = target.with_name(f"{target.stem}_{part}.onnx")
        graph.write(file)
        print(f"{file}: {graph}")


def write_port_weights(network: Network, path: Path) -> None:
    """Write the weights as the PyTorch port's state dict. Raises UserError, see `export`."""
    reason = NOT_IN_PORT.get(network.variant)
    if not reason and getattr(network, "norm", "plain_instance") != "plain_instance":
        reason = "the norms of its voxel encoder have weights"
    if reason:
        raise UserError(
            f"--export {path}: the PyTorch port cannot hold this network: {reason}; export .onnx"
        )
    tensors = {variable_name(variable): variable.numpy() for variable in network.weights}
    write_pth(path, to_port(tensors))
    print(f"weights in {path}")
