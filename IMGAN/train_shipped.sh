#!/usr/bin/env bash
# How pretrained/chair_vox_64 was trained, from new weights. Flags given here go to every command,
# for example: ./train_shipped.sh --dataset chair_vox --data_dir FOLDER
set -euo pipefail
cd "$(dirname "$0")"
flags=(--ae --train --z_dim 64 --ef_dim 8 --gf_dim 64 --norm instance --shapes_per_step 2
    --points_per_step 2048 --learning_rate 0.001 --half_life 300 --save_interval 10 "$@")
python main.py "${flags[@]}" --epoch 60 --real_size 16 --batch_size_input 4096
python main.py "${flags[@]}" --epoch 120 --real_size 32 --batch_size_input 8192
python main.py "${flags[@]}" --epoch 1100 --real_size 64 --batch_size_input 32768
