"""The voxel autoencoder (IMAE) and the latent GAN on its codes (ZGAN)."""
