#!/usr/bin/env bash
# New letters out of 200 bundled ones, into demo/fonts: trains an autoencoder and its latent GAN of
# small widths, draws a sheet of new letters, and a GIF of one letter turning into another.
set -euo pipefail
cd "$(dirname "$0")/.."
. ./environment.sh
install requirements.txt

demo=$PWD/demo/fonts
cd IMGAN2D
places=(--checkpoint_dir "$demo/checkpoint" --sample_dir "$demo")
python main.py --model ae --train --epoch 300 --norm instance --z_dim 32 --gf_dim 16 --letters_per_step 4 \
    --pixels_per_step 1024 --learning_rate 0.001 --half_life 75 --save_interval 50 "${places[@]}"
echo "training the latent GAN, 2000 epochs: $demo/latent_gan.log"
python main.py --model latent_gan --train --epoch 2000 --width 512 --save_interval 500 "${places[@]}" \
    >"$demo/latent_gan.log"
python main.py --model latent_gan --resolution 128 --svg "${places[@]}"
python main.py --model ae --interpolate 0 120 --steps 24 --resolution 128 "${places[@]}"
echo "new letters:                  $demo/out_sheet.png"
echo "one letter turning to another: $demo/interpolation.gif"
