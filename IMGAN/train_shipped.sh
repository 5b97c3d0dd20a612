#!/usr/bin/env bash
# How the networks in pretrained/ were trained, from shapes to weights:
#   ./train_shipped.sh chairs FOLDER       chairs_64 and its latent GAN: real chairs, chairs of the parts of two, procedural ones; warped copies of all
#   ./train_shipped.sh tables FOLDER       tables_64 and its latent GAN, from the weights of chairs_64
#   ./train_shipped.sh furniture FOLDER    furniture_vox256_ae_64: real chairs and tables, as the PyTorch version
# A fifth of the real shapes, and all their warped copies, are kept from training: FOLDER/**/*_test.txt.
set -euo pipefail
[ $# -ge 2 ] || { sed -n "2,6s/^# //p" "$0" >&2 && exit 2; }
what=$1
case $what in
    chairs | tables | furniture) ;;
    *) echo "error: $what: there are chairs, tables and furniture" >&2 && exit 2 ;;
esac
mkdir -p "$2"
folder=$(cd "$2" && pwd)
cd "$(dirname "$0")/../point_sampling"
places=(--data_dir "$folder" --checkpoint_dir "$folder/checkpoint" --sample_dir "$folder/training")
train=(--ae --train --z_dim 64 --points_per_step 2048 --learning_rate 0.001)

train_chairs() { # flags of a stage, which goes on where the one before it ended
    python main.py --dataset chairs "${places[@]}" "${train[@]}" --ef_dim 16 --gf_dim 32 --norm instance \
        --shapes_per_step 4 --save_interval 2 "$@"
}

go_on() { # dataset, flags: from trained weights, with points of the voxels
    python main.py --ae --train "${places[@]}" --dataset "$1" --learning_rate 0.0006 --beta1 0.9 \
        --shapes_per_step 4 --points_per_step 1024 --from_voxels "${@:2}"
}

draw_codes() { # dataset, epochs, flags: its codes, and a latent GAN of them
    python main.py --ae --dataset "$1" "${places[@]}"
    python main.py --train --dataset "$1" "${places[@]}" --width 512 --learning_rate 0.0003 --cosine --epoch "$2" "${@:3}"
}

case $what in
    chairs)
        ./hold_out.sh chair procedural "$folder"
        mv "$folder/chair_procedural.hdf5" "$folder/chairs.hdf5"
        mv "$folder/chair_procedural.txt" "$folder/chairs.txt"
        cd ../IMGAN
        train_chairs --epoch 3 --real_size 16 --batch_size_input 4096 --half_life 9
        train_chairs --epoch 7 --real_size 32 --batch_size_input 8192 --half_life 9
        train_chairs --epoch 36 --half_life 9
        train_chairs --epoch 48 --half_life 30
        train_chairs --epoch 82 --half_life 30 --precision bfloat16
        # Twice as many warped copies, for the network knows the first ones by heart.
        cd ../point_sampling
        python vox2pointvaluepair_from_binvox.py --input furniture/chair --augment 48 --output "$folder/more_copies.hdf5"
        python vox2pointvaluepair_from_binvox.py --input procedural/chair.hdf5 --augment 1 \
            --output "$folder/more_procedural.hdf5"
        python join_datasets.py --inputs "$folder/more_copies.hdf5" "$folder/more_procedural.hdf5" \
            --without "$folder/chair_test.txt" --output "$folder/chairs.hdf5"
        cd ../IMGAN
        train_chairs --epoch 86 --half_life 34 --precision bfloat16
        train_chairs --epoch 91 --half_life 20 --precision bfloat16
        train_chairs --epoch 100 --half_life 37 --precision bfloat16
        train_chairs --epoch 104 --half_life 21 --precision bfloat16
        # Then with parts exchanged between chairs, and with more kinds of chairs.
        ../point_sampling/hold_out.sh chair exchanged "$folder"
        go_on chair_exchanged --start_from "$folder/checkpoint/chairs_64" --epoch 6
        go_on chair_exchanged --epoch 14 --cosine
        # And more of all of them.
        cd ../point_sampling
        sample=(python vox2pointvaluepair_from_binvox.py)
        python fetch/make_chairs.py --count 1200 --output "$folder/kinds" --distinct_from procedural/held_out/chair.hdf5
        "${sample[@]}" --input furniture/chair --augment 48 --exchange 132 --output "$folder/many_0.hdf5"
        "${sample[@]}" --input procedural/chair.hdf5 --augment 3 --output "$folder/many_1.hdf5"
        "${sample[@]}" --input procedural/armchair.hdf5 --augment 7 --output "$folder/many_2.hdf5"
        "${sample[@]}" --input "$folder/kinds.hdf5" --augment 1 --output "$folder/many_3.hdf5"
        python join_datasets.py --inputs "$folder/many_"[0-3].hdf5 --without "$folder/chair_test.txt" \
            --output "$folder/chair_many.hdf5"
        cd ../IMGAN
        go_on chair_many --start_from "$folder/checkpoint/chair_exchanged_64" --epoch 7 --cosine --points_per_step 512
        draw_codes chair_many 500 --whole
        ;;
    tables)
        ./hold_out.sh table procedural "$folder"
        cd ../IMGAN
        go_on table_procedural --start_from pretrained/chairs_64 --epoch 12 --cosine
        draw_codes table_procedural 1500 --whole
        ;;
    furniture)
        for class in chair table; do ./hold_out.sh $class real "$folder/$class"; done
        python vox2pointvaluepair_from_binvox.py --improved --input furniture --output "$folder/furniture.hdf5"
        for class in chair table; do sed "s|^|$class/|" "$folder/$class/${class}_test.txt"; done >"$folder/names.txt"
        python make_svr_dataset.py --points "$folder/furniture.hdf5" --test_names "$folder/names.txt" \
            --output "$folder/furniture_vox256"
        for suffix in hdf5 txt; do mv "$folder/furniture_vox256_"{only_train,train}".$suffix"; done
        cd ../IMGAN
        train+=(--dataset furniture_vox256 "${places[@]}" --variant pytorch --ef_dim 8 --gf_dim 64
            --shapes_per_step 2 --half_life 80 --save_interval 10)
        for stage in "30 16" "30 32" "240 64"; do # epochs of each run, as in the port
            read -r epoch size <<<"$stage"
            python main.py "${train[@]}" --epoch "$epoch" --real_size "$size"
        done
        ;;
esac
