#!/usr/bin/env bash
# One class of supplementary_material/results.md, from shapes to figures:
#   evaluation/experiment.sh chair|table|plane FOLDER [SEED of weights and draws, 0] [autoencoders]
# With `autoencoders` without the GANs. Everything goes into FOLDER/<class>; run again, it goes on
# where it was. The two decoders run beside each other, a core each, so that both have the same
# machine. The planes are fetched, or read from what PLANES names (a package's file or
# folder). results.py makes the tables.
set -euo pipefail
class=$1
seed=${3:-0}
# 7200 presentations of a shape to each autoencoder and 2000 steps of each GAN, whatever the number
# of shapes.
case $class in
    chair) epochs=168 gan_epochs=2000 ;;
    table) epochs=224 gan_epochs=2000 ;;
    plane) epochs=64 gan_epochs=1000 ;;
    *) echo "error: class $class: there are chair, table, plane" >&2 && exit 2 ;;
esac

here=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$2/$class"
folder=$(cd "$2/$class" && pwd)
export TF_NUM_INTRAOP_THREADS=1

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

flags_of() { # implicit|cnn: the flags of IMGAN/main.py that say which data and weights
    flags=(--decoder "$1" --data_dir "$folder/data" --checkpoint_dir "$folder/checkpoint"
        --dataset "${class}_only_train" --seed "$seed")
}

timed() { # name, flags of main.py: notes the seconds of what trains
    local name=$1 start=$SECONDS
    shift
    python main.py "$@" --sample_dir "$folder/training/$name" >>"$folder/$name.log"
    echo "$name,$((SECONDS - start))" >>"$folder/seconds.csv"
}

train_autoencoder() { # implicit|cnn, as below
    [ ! -e "$folder/$1.done" ] || return 0
    local flags train
    flags_of "$1"
    train=(--ae --train --z_dim 64 --ef_dim 8 --norm instance --learning_rate 0.001
        --half_life $((epochs / 4)) --shapes_per_step 2 --save_interval 20 "${flags[@]}")
    if [ "$1" = implicit ]; then
        train+=(--gf_dim 32 --points_per_step 2048)
        timed "$1" "${train[@]}" --epoch $((epochs / 8)) --real_size 16 --batch_size_input 4096
        timed "$1" "${train[@]}" --epoch $((epochs / 4)) --real_size 32 --batch_size_input 8192
    fi
    timed "$1" "${train[@]}" --epoch $epochs
    python main.py --ae "${flags[@]}"
    touch "$folder/$1.done"
}

train_gan() {
    [ ! -e "$folder/$1.gan.done" ] || return 0
    local flags side
    flags_of "$1"
    timed "$1.gan" --train --epoch $gan_epochs --learning_rate 0.0001 "${flags[@]}"
    for side in only_train test; do
        python main.py "${flags[@]}" --samples "$(count $side)" --resolution 64 --units unit \
            --mesh_format ply --sample_dir "$folder/samples/$1-$side"
    done
    touch "$folder/$1.gan.done"
}

measure_reconstructions() {
    local side size sizes="64 256" trained=${class}_only_train_64
    [ "$1" = implicit ] || sizes=64 trained=${class}_only_train_cnn_64
    for side in test only_train; do
        for size in $sizes; do
            measured "$1-$side-$size" --checkpoint "$folder/checkpoint/$trained" \
                --dataset "$folder/data/${class}_$side.hdf5" --resolution "$size"
        done
    done
}

measure_samples() {
    local side
    for side in test only_train; do
        measured "$1-$side-samples" --generated "$folder/samples/$1-$side" \
            --reference "$folder/data/${class}_$side.hdf5" --samples "$(count $side)" \
            --emd_points 256 --workers 1
    done
}

measured() { # name of the figures, flags of evaluation/main.py
    local json=$folder/figures/$1.json
    shift
    [ -e "$json" ] || python main.py "$@" --lfd --json "$json"
}

count() { # side: how many shapes it has
    wc -l <"$folder/data/${class}_$1.txt"
}

for_both() { # folder of the programs, function: for both decoders at a time
    cd "$here/$1"
    "$2" implicit &
    local implicit=$!
    "$2" cnn &
    wait $! && wait $implicit
}

cd "$here/point_sampling"
[ -e "$folder/data/${class}_test.hdf5" ] || make_datasets
for_both IMGAN train_autoencoder
for_both evaluation measure_reconstructions
[ "${4:-}" != autoencoders ] || exit 0
for_both IMGAN train_gan
for_both evaluation measure_samples
