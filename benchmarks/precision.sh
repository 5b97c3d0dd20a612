#!/usr/bin/env bash
# Held-out IoU after equal steps in float32 and in bfloat16: chairs, with the settings of a short training.
#   benchmarks/precision.sh FOLDER [EPOCHS]
set -euo pipefail
mkdir -p "$1"
folder=$(cd "$1" && pwd) epochs=${2:-60}
cd "$(dirname "$0")/.."
[ -f "$folder/chair_test.hdf5" ] || point_sampling/hold_out.sh chair variants "$folder"
cd IMGAN
for precision in float32 bfloat16; do
    for size in 16 32 64; do
        total=$((epochs * (size == 16 ? 1 : size == 32 ? 2 : 3)))
        points=$((size == 16 ? 4096 : size == 32 ? 8192 : 32768))
        python main.py --ae --train --dataset chair_variants --data_dir "$folder" --precision $precision \
            --checkpoint_dir "$folder/$precision" --sample_dir "$folder/$precision/samples" --norm instance \
            --z_dim 64 --ef_dim 16 --gf_dim 32 --learning_rate 0.001 --shapes_per_step 4 --points_per_step 2048 \
            --real_size $size --batch_size_input $points --epoch $total --save_interval "$epochs"
    done
    echo "$precision, $((3 * epochs)) epochs, chairs that training never saw:"
    python ../evaluation/main.py --checkpoint "$folder/$precision/chair_variants_64" --dataset "$folder/chair_test.hdf5"
done
