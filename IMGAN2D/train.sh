#!/usr/bin/env bash
# Autoencoder and latent GAN of the bundled letters, then new letters and the way between two.
# Flags given here go to every command, for example: ./train.sh --dataset A_28 --seed 1
set -euo pipefail
cd "$(dirname "$0")"
python main.py --model ae --train --epoch 200 --norm instance "$@"
python main.py --model latent_gan --train --epoch 2000 "$@"
python main.py --model latent_gan --resolution 128 "$@"
python main.py --model ae --interpolate 0 15 --resolution 128 "$@"
