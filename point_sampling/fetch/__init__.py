"""Programs that fetch shapes and pictures, or generate them."""
