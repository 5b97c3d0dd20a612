#!/usr/bin/env bash
# Autoencoder and latent GAN of the bundled letters, then new letters and the way between two.
# Flags that every command takes may follow: ./train.sh --dataset A_28 --seed 1 --decoder cnn
set -euo pipefail
cd "$(dirname "$0")"
python main.py --model ae --train --epoch 200 --norm instance "$@"
python main.py --model latent_gan --train --epoch 2000 "$@"
size=(--resolution 128)
[[ " $* " != *" --decoder cnn "* ]] || size=() # it draws at its own
python main.py --model latent_gan "${size[@]}" "$@"
python main.py --model ae --interpolate 0 15 "${size[@]}" "$@"
