"""What the programs that mesh fields share: their flags and their output."""
