"""Pictures of letters: autoencoder, latent GAN, VAE, WGAN and DCGAN, with both decoders."""
