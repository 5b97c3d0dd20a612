#!/usr/bin/env bash
# How pretrained/chair_vox_128 was trained: at a quarter of the paper's width, on 16 of the 20 views of
# the bundled training chairs; the last four views are kept for tests. Flags given here are added.
set -euo pipefail
cd "$(dirname "$0")"
python main.py --train --ef_dim 16 --shapes_per_step 8 --train_views 16 --epoch 500 \
    --learning_rate 0.0005 --half_life 200 --save_interval 50 "$@"
