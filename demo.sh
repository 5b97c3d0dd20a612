#!/usr/bin/env bash
# The shipped networks at work on shapes that they were not trained on, into demo/.
#   ./demo.sh          held-out chairs reconstructed, new chairs, chairs from one view each
#   ./demo.sh svr      the chairs from one view alone
#   ./demo.sh fonts    letters in two dimensions
# IMGAN/train_shipped.sh and IMSVR/train_shipped.sh train the same networks from new weights.
set -euo pipefail
cd "$(dirname "$0")"
[ "$*" != fonts ] || exec IMGAN2D/demo_fonts.sh
case "$*" in
    "" | svr) ;;
    *) echo "error: demo.sh $*: there are ./demo.sh, ./demo.sh svr and ./demo.sh fonts" >&2 && exit 2 ;;
esac
. ./environment.sh
install requirements.txt

demo=$PWD/demo data=$PWD/demo/data
chairs=(--model pretrained/chairs_64 --data_dir "$data")

reconstruct_held_out() {
    cd IMGAN
    python main.py --ae --reconstruct "${chairs[@]}" --dataset chair_test --resolution 128 \
        --sample_dir "$demo/reconstructed"
    cd ..
    python evaluation/main.py --checkpoint IMGAN/pretrained/chairs_64 --dataset "$data/chair_test.hdf5"
}

draw_new() {
    local gan=(--gan "$demo/latent_gan") newest
    rm -rf "$demo/latent_gan"
    cp -r IMGAN/pretrained/chairs_z_64_64 "$demo/latent_gan"
    cd IMGAN
    python main.py "${chairs[@]}" --samples 32 --sample_dir "$demo/new"
    echo "the latent GAN goes on for 50 epochs: $demo/latent_gan.log"
    python main.py --ae "${chairs[@]}" --dataset chair_procedural
    newest=$(basename "$demo"/latent_gan/ZGAN.model-*.index .index)
    python main.py --train --epoch $((${newest##*-} + 50)) --learning_rate 0.00005 "${chairs[@]}" "${gan[@]}" \
        --dataset chair_procedural --sample_dir "$demo/training" >"$demo/latent_gan.log"
    python main.py "${chairs[@]}" "${gan[@]}" --samples 32 --sample_dir "$demo/new_after_training"
    cd ..
}

reconstruct_views() {
    cd point_sampling
    python render_views.py --input furniture/chair --output "$data/chair_views.hdf5"
    python make_svr_dataset.py --points "$data/all.hdf5" --views "$data/chair_views.hdf5" \
        --test_names "$data/chair_test.txt" --output "$data/chairs"
    cd ../IMSVR
    python main.py --all --ten_crops --model pretrained/chairs_128 --dataset chairs --data_dir "$data" \
        --sample_dir "$demo/from_views"
    python main.py --image pictures --ten_crops --model pretrained/chairs_128 --sample_dir "$demo/from_pictures"
    cd ..
}

if [ "${1:-}" = svr ]; then
    point_sampling/hold_out.sh chair real "$data"
else
    point_sampling/hold_out.sh chair procedural "$data"
    reconstruct_held_out
    draw_new
    echo "held-out chairs, reconstructed:   $demo/reconstructed/reconstruction_sheet.png"
    echo "new chairs:                       $demo/new/out_sheet.png"
    echo "  after 50 more epochs:           $demo/new_after_training/out_sheet.png"
fi
reconstruct_views
echo "view, reconstruction, truth of"
echo "  held-out chairs:                $demo/from_views/out_sheet.png"
echo "  another renderer's pictures:    $demo/from_pictures/out_sheet.png"
