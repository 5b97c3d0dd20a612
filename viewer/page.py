# PYTHON_ARGCOMPLETE_OK
"""Write a page of a walk or of samples: one HTML file with the meshes and what draws them."""

from imnet.base.errors import UserError, run_program
from imnet.base.files import written_whole
from imnet.base.names import counted
from imnet.base.progress import progress
from imnet_viewer.page_options import PageOptions, parse_options


def main() -> None:
    """Make the meshes and write the page."""
    options = parse_options()

    from imnet_viewer.loading import load_models  # not for --help
    from imnet_viewer.meshing import code_mesh
    from imnet_viewer.page_files import set_page, walk_page
    from imnet_viewer.server import start_server

    models = load_models(options)
    codes = page_codes(options, models)
    meshes = [
        code_mesh(models.autoencoder, code, options.resolution, 0.5)
        for code in progress(codes, "meshes", unit="mesh")
    ]
    server = start_server("127.0.0.1", 0, "")  # only to record a scene
    try:
        if options.walk is None:
            page = set_page(server, meshes)
        else:
            page = walk_page(server, meshes, options.steps)
    finally:
        server.stop()
    with written_whole(options.output) as beside:
        beside.write_text(page, encoding="utf-8")
    size = options.output.stat().st_size / 1e6
    what = counted(len(meshes), "mesh", "meshes")
    print(f"{options.output}: {what} at {options.resolution}³, {size:.1f} MB")


def page_codes(options: PageOptions, models):
    """Return the codes [n, z_dim] that the flags ask for.

    Raises:
        UserError: what they are made of is missing.
    """
    from imnet.data.codes import codes_along, read_codes
    from imnet.data.dataset import check_numbers

    if options.codes is not None:
        return read_codes(options.codes, models.autoencoder.z_dim)
    what = "shapes" if options.samples is None else "latent_gan"
    if what in models.missing:
        raise UserError(models.missing[what])
    if options.samples is not None:
        return models.samples(options.samples, options.seed)
    check_numbers("--walk", options.walk, len(models.shapes.names), "the set of shapes")
    return codes_along(models.shapes.codes[list(options.walk)], options.steps)


if __name__ == "__main__":
    run_program(main)
