"""Single-view reconstruction: an image encoder (IMSVR) to the autoencoder's codes."""
