#!/usr/bin/env bash
# How pretrained/chairs_128 was trained, at a quarter of the paper's width, on 18 of 20 views of each shape:
#   ./train_shipped.sh FOLDER    after IMGAN/train_shipped.sh chairs FOLDER
set -euo pipefail
[ $# -ge 1 ] || { sed -n "2,3s/^# //p" "$0" >&2 && exit 2; }
[ -e "$1/checkpoint/chairs_64" ] || { echo "error: $1 has no checkpoint/chairs_64: run IMGAN/train_shipped.sh first" >&2 && exit 2; }
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")/../point_sampling"
python join_datasets.py --inputs "$folder/all_augmented.hdf5" "$folder/procedural.hdf5" --output "$folder/all_chairs.hdf5"
python render_views.py --input "$folder/all_chairs.hdf5" --output "$folder/views.hdf5"
python make_svr_dataset.py --points "$folder/all_chairs.hdf5" --views "$folder/views.hdf5" \
    --test_names "$folder/chair_test.txt" --output "$folder/chairs"
places=(--data_dir "$folder" --checkpoint_dir "$folder/checkpoint" --sample_dir "$folder/training")
cp -r "$folder/checkpoint/chairs_64" "$folder/checkpoint/chairs_only_train_64" # named after the dataset
cd ../IMGAN
python main.py --ae --dataset chairs_only_train "${places[@]}"
cd ../IMSVR
for stage in "100 25" "140 40"; do
    read -r epoch half_life <<<"$stage"
    python main.py --train --dataset chairs "${places[@]}" --ef_dim 16 --shapes_per_step 64 --train_views 18 \
        --learning_rate 0.0005 --epoch "$epoch" --half_life "$half_life" --save_interval 5 --precision bfloat16
done
