#!/usr/bin/env bash
# How two of the models in pretrained/ were made, from shapes to weights:
#   ./train_held_out.sh chairs FOLDER       chairs_64: real chairs with 24 variants each, and 1,000 procedural ones
#   ./train_held_out.sh furniture FOLDER    furniture_vox256_ae_64: real chairs and tables, as the PyTorch version
# A fifth of the real shapes, and all their variants, are kept from training: FOLDER/*_test.txt.
set -euo pipefail
what=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
cd "$(dirname "$0")/../point_sampling"

split() { # class: the names that are kept from training
    python vox2pointvaluepair_from_binvox.py --input furniture/"$1" --output "$folder/$1.hdf5"
    python find_families.py --dataset "$folder/$1.hdf5" --output "$folder/$1_families.csv" --iou 0.7
    python render_views.py --input furniture/"$1" --output "$folder/$1_views.hdf5"
    python make_svr_dataset.py --points "$folder/$1.hdf5" --views "$folder/$1_views.hdf5" \
        --families "$folder/$1_families.csv" --shuffle 0 --output "$folder/$1"
}

case $what in
    chairs)
        split chair
        python vox2pointvaluepair_from_binvox.py --input furniture/chair --variants 24 --output "$folder/variants.hdf5"
        python vox2pointvaluepair_from_binvox.py --input procedural/chair.hdf5 --output "$folder/procedural.hdf5"
        python join_datasets.py --inputs "$folder/variants.hdf5" "$folder/procedural.hdf5" \
            --without "$folder/chair_test.txt" --output "$folder/chairs.hdf5"
        cd ../IMGAN
        flags=(--dataset chairs --data_dir "$folder" --checkpoint_dir "$folder/checkpoint" --sample_dir "$folder/training"
            --ae --train --z_dim 64 --ef_dim 16 --gf_dim 32 --norm instance --shapes_per_step 4
            --points_per_step 2048 --learning_rate 0.001 --half_life 9 --save_interval 2)
        python main.py "${flags[@]}" --epoch 3 --real_size 16 --batch_size_input 4096
        python main.py "${flags[@]}" --epoch 7 --real_size 32 --batch_size_input 8192
        python main.py "${flags[@]}" --epoch 36 --real_size 64
        ;;
    furniture)
        split chair
        split table
        python vox2pointvaluepair_from_binvox.py --improved --input furniture --output "$folder/furniture.hdf5"
        python render_views.py --input furniture --output "$folder/furniture_views.hdf5"
        { sed 's|^|chair/|' "$folder/chair_test.txt" && sed 's|^|table/|' "$folder/table_test.txt"; } >"$folder/names.txt"
        python make_svr_dataset.py --points "$folder/furniture.hdf5" --views "$folder/furniture_views.hdf5" \
            --test_names "$folder/names.txt" --output "$folder/furniture_vox256"
        cd ../IMGAN
        flags=(--dataset furniture_vox256 --data_dir "$folder" --checkpoint_dir "$folder/checkpoint"
            --sample_dir "$folder/training" --variant pytorch --ae --train --z_dim 64 --ef_dim 8 --gf_dim 64
            --shapes_per_step 2 --points_per_step 2048 --learning_rate 0.001 --half_life 80 --save_interval 10)
        python main.py "${flags[@]}" --epoch 30 --real_size 16
        python main.py "${flags[@]}" --epoch 60 --real_size 32
        python main.py "${flags[@]}" --epoch 300 --real_size 64
        ;;
    *) echo "error: $what: there are chairs and furniture" >&2 && exit 2 ;;
esac
