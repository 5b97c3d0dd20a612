"""What IMGAN, IMSVR and point_sampling share, each thing once."""
