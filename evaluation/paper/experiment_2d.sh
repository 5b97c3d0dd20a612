#!/usr/bin/env bash
# The experiments of supplementary_material/results-2d.md, from fonts to figures, with small widths:
#   PACKAGE=texlive-fonts-extra.deb evaluation/paper/experiment_2d.sh FOLDER [toys|28|64]
# Without PACKAGE the package is fetched, 509 MB. Trainings run a core each. What is done is not done
# again. EPOCHS is of every network but the latent GANs, which have 1000: 100; 30 of autoencoders and
# VAEs of letters at 64², and of the toys' WGANs; 400 of the toys' VAEs. results_2d.py writes the tables.
#   evaluation/paper/experiment_2d.sh FOLDER train|latent|toy ...    is one training with its figures
set -euo pipefail
[ $# -gt 0 ] || { sed -n "2,7s/^# //p" "$0" >&2 && exit 2; }
[ -z "${PACKAGE:-}" ] || PACKAGE=$(realpath "$PACKAGE")
here=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
what=${2:-}
cd "$here/IMGAN2D"
export TF_NUM_INTRAOP_THREADS=1

widths_of() { # model, decoder: the flags of a new network
    widths=(--norm instance --learning_rate 0.0002)
    case $1 in
        ae | vae) widths=(--norm instance --learning_rate 0.001 --half_life $(((epochs + 3) / 4)) --letters_per_step 16) ;;
        *) widths+=(--letters_per_step 16) ;;
    esac
    [ "$2" = cnn ] || widths+=(--gf_dim 16)
    case $2-$1 in implicit-ae | implicit-vae) widths+=(--pixels_per_step $pixels) ;; esac
}

train() { # name, model, decoder, flags of main.py: train, and note the seconds
    local name=$1 model=$2 decoder=$3 start=$SECONDS
    shift 3
    flags=(--model "$model" --decoder "$decoder" "$@" --checkpoint_dir "$folder/checkpoint")
    python main.py "${flags[@]}" --train --save_interval 100 --epoch "$epochs" "${widths[@]}" \
        --sample_dir "$folder/training/$name" >>"$folder/$name.log"
    echo "$name,$((SECONDS - start))" >>"$folder/seconds.csv"
}

measure_samples() { # name, resolution
    local drawn=$folder/samples/$1
    python main.py "${flags[@]}" --samples 1024 --sample_dir "$drawn"
    python ../evaluation/paper/compare_letters.py --generated "$drawn" --reference "$folder/letters/A_test_$2.hdf5" \
        --json "$folder/figures/$1.json"
    python main.py "${flags[@]}" --samples 64 --sample_dir "$folder/sheets/$1"
}

case $what in
    train | latent) # resolution, model, decoder
        resolution=$3 model=$4 decoder=$5
        name=$resolution-$model-$decoder pixels=784
        [ ! -e "$folder/figures/$name.json" ] || exit 0
        data=(--dataset "A_train_$resolution" --data_dir "$folder/letters")
        epochs=100
        case $resolution-$model in 64-ae | 64-vae) epochs=30 ;; esac
        epochs=${EPOCHS:-$epochs}
        widths_of "$model" "$decoder"
        if [ "$what" = latent ]; then
            train "$name" ae "$decoder" "${data[@]}"
            epochs=1000 widths=(--width 512 --learning_rate 0.0002) model=latent_gan
        fi
        train "$name" "$model" "$decoder" "${data[@]}"
        measure_samples "$name" "$resolution"
        ;;
    toy) # set, model, decoder
        set=$3 model=$4 decoder=$5
        name=$set-$model-$decoder pixels=1024
        [ ! -e "$folder/figures/$name.json" ] || exit 0
        epochs=100
        case $model in vae) epochs=400 ;; wgan) epochs=30 ;; esac
        epochs=${EPOCHS:-$epochs}
        widths_of "$model" "$decoder"
        train "$name" "$model" "$decoder" --dataset "$set" --data_dir "$folder/toys"
        python ../evaluation/paper/toys.py --checkpoint "$folder/checkpoint/${set}_${model}_$decoder" \
            --toys "$folder/toys/$set.hdf5" --json "$folder/figures/$name.json" --figure "$folder/figures/$name.png"
        ;;
    "" | toys | 28 | 64)
        [ -e "$folder/toys/toy_A_gap_blur.hdf5" ] || python ../point_sampling/fetch/make_toys.py --output "$folder/toys"
        [ -e "$folder/letters/A_ATTRIBUTION.md" ] || python ../point_sampling/fetch/get_glyphs.py --output "$folder/letters" --held_out 0.2 \
            ${PACKAGE:+--package "$PACKAGE"}
        for resolution in 28 64; do # the letters that were learned from, for comparison
            python ../evaluation/paper/compare_letters.py --generated "$folder/letters/A_train_$resolution.hdf5" \
                --reference "$folder/letters/A_test_$resolution.hdf5" --json "$folder/figures/$resolution-training.json"
        done
        {
            for decoder in implicit cnn; do
                for set in A_gap A_gap_blur A A_blur; do echo toy "toy_$set" ae $decoder; done
                for set in A_gap A_gap_blur; do echo toy "toy_$set" vae $decoder; done
                for set in A A_blur; do echo toy "toy_$set" wgan $decoder; done
            done
            for resolution in 28 64; do
                for decoder in implicit cnn; do
                    echo latent $resolution ae $decoder
                    for model in vae wgan; do echo train $resolution $model $decoder; done
                done
                echo train $resolution dcgan cnn
            done
        } | grep "^[a-z]* ${what/toys/toy}" | xargs -P "$(nproc)" -L 1 "$here/evaluation/paper/experiment_2d.sh" "$folder"
        ;;
    *) echo "error: $what: give toys, 28 or 64, or nothing" >&2 && exit 2 ;;
esac
