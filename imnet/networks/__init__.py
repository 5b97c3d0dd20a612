"""What every network is made of and how it is trained, loaded and saved."""
