#!/usr/bin/env bash
# One class of supplementary_material/results.md, from shapes to figures:
#   evaluation/experiment.sh chair|table|plane FOLDER [SEED of weights and draws, 0]
# Everything goes into FOLDER/<class>; run again, it goes on where it was. The two decoders run
# beside each other, a core each, so that both have the same machine. results.py makes the tables.
set -euo pipefail
class=$1
seed=${3:-0}
here=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$2/$class"
folder=$(cd "$2/$class" && pwd)
export TF_NUM_INTRAOP_THREADS=1

# 7200 presentations of a shape to each autoencoder and 2000 steps of each GAN, whatever the number
# of shapes.
case $class in
    chair) epochs=168 gan_epochs=2000 ;;
    table) epochs=224 gan_epochs=2000 ;;
    plane) epochs=64 gan_epochs=1000 ;;
    *) echo "error: class $class: there are chair, table, plane" >&2 && exit 2 ;;
esac

make_datasets() {
    local shapes=furniture/$class
    if [ "$class" = plane ]; then
        shapes=$folder/binvox
        python get_planes.py --output "$shapes" ${PLANES:+--package "$PLANES"} || true # some are skipped
    fi
    python vox2pointvaluepair_from_binvox.py --input "$shapes" --output "$folder/data/all.hdf5"
    python find_families.py --dataset "$folder/data/all.hdf5" --output "$folder/families.csv" --iou 0.7
    python render_views.py --input "$shapes" --output "$folder/data/views.hdf5"
    python make_svr_dataset.py --points "$folder/data/all.hdf5" --views "$folder/data/views.hdf5" \
        --families "$folder/families.csv" --shuffle 0 --output "$folder/data/$class"
}

train() { # implicit|cnn: the autoencoder, its codes, the latent GAN
    local decoder=$1 model train
    model=(--decoder "$decoder" --data_dir "$folder/data" --checkpoint_dir "$folder/checkpoint"
        --dataset "${class}_only_train" --seed "$seed")
    train=(--ae --train --z_dim 64 --ef_dim 8 --norm instance --learning_rate 0.001
        --half_life $((epochs / 4)) --shapes_per_step 2 --save_interval 20 "${model[@]}")
    if [ ! -e "$folder/$decoder.done" ]; then
        if [ "$decoder" = implicit ]; then
            train+=(--gf_dim 32 --points_per_step 2048)
            timed "$decoder" "${train[@]}" --epoch $((epochs / 8)) --real_size 16 --batch_size_input 4096
            timed "$decoder" "${train[@]}" --epoch $((epochs / 4)) --real_size 32 --batch_size_input 8192
        fi
        timed "$decoder" "${train[@]}" --epoch $epochs
        python main.py --ae "${model[@]}"
        touch "$folder/$decoder.done"
    fi
    if [ ! -e "$folder/$decoder.gan.done" ]; then
        timed "$decoder.gan" --train --epoch $gan_epochs --learning_rate 0.0005 "${model[@]}"
        touch "$folder/$decoder.gan.done"
    fi
    for side in only_train test; do
        python main.py "${model[@]}" --samples "$(wc -l <"$folder/data/${class}_$side.txt")" \
            --resolution 64 --units unit --mesh_format ply --sample_dir "$folder/samples/$decoder-$side"
    done
}

timed() { # name, flags of main.py: notes the seconds of what trains
    local name=$1 start=$SECONDS
    shift
    python main.py "$@" --sample_dir "$folder/training/$name" >>"$folder/$name.log"
    echo "$name,$((SECONDS - start))" >>"$folder/seconds.csv"
}

measure() { # implicit|cnn: reconstructions, and the samples as a set
    local decoder=$1 trained=${class}_only_train_64 sizes="64 256" reference
    [ "$decoder" = implicit ] || trained=${class}_only_train_cnn_64 sizes=64
    for side in only_train test; do
        reference=$folder/data/${class}_$side.hdf5
        for size in $sizes; do
            python main.py --checkpoint "$folder/checkpoint/$trained" --dataset "$reference" \
                --resolution "$size" --lfd --json "$folder/figures/$decoder-$side-$size.json"
        done
        python main.py --generated "$folder/samples/$decoder-$side" --reference "$reference" \
            --samples "$(wc -l <"${reference%.hdf5}.txt")" --emd_points 256 --lfd --workers 1 \
            --json "$folder/figures/$decoder-$side-samples.json"
    done
}

for_both() { # function: for both decoders at a time
    "$1" implicit &
    local implicit=$!
    "$1" cnn &
    wait $! && wait $implicit
}

cd "$here/point_sampling"
[ -e "$folder/data/${class}_test.hdf5" ] || make_datasets
cd "$here/IMGAN"
for_both train
cd "$here/evaluation"
for_both measure
