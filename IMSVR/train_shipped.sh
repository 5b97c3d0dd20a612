#!/usr/bin/env bash
# How pretrained/chairs_128 was trained, at a quarter of the paper's width, on 9 of 10 views of each shape, most of them varied:
#   ./train_shipped.sh FOLDER    after IMGAN/train_shipped.sh chairs FOLDER
set -euo pipefail
[ $# -ge 1 ] || { sed -n "2,3s/^# //p" "$0" >&2 && exit 2; }
[ -e "$1/checkpoint/chair_many_64" ] || {
    echo "error: $1 has no checkpoint/chair_many_64: run IMGAN/train_shipped.sh first" >&2
    exit 2
}
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")/../point_sampling"
python join_datasets.py --inputs "$folder/chair_many.hdf5" "$folder/chair_test.hdf5" --output "$folder/all_chairs.hdf5"
python render_views.py --input "$folder/all_chairs.hdf5" --output "$folder/views.hdf5" --vary --plain 3 --views 10
python make_svr_dataset.py --points "$folder/all_chairs.hdf5" --views "$folder/views.hdf5" \
    --test_names "$folder/chair_test.txt" --output "$folder/chairs"
places=(--data_dir "$folder" --checkpoint_dir "$folder/checkpoint" --sample_dir "$folder/training")
cp -r "$folder/checkpoint/chair_many_64" "$folder/checkpoint/chairs_only_train_64" # named after the dataset
cd ../IMGAN
python main.py --ae --dataset chairs_only_train "${places[@]}"
cd ../IMSVR
train=(--train --dataset chairs "${places[@]}" --ef_dim 16 --shapes_per_step 64 --train_views 9 --learning_rate 0.0007)
python main.py "${train[@]}" --epoch 17 --save_interval 2
python main.py "${train[@]}" --epoch 36 --save_interval 2 --cosine
