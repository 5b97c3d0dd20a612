#!/usr/bin/env bash
# The whole training of the paper, on <data_dir>/03001627_vox.hdf5. Flags given here go to every
# command, for example: ./train.sh --dataset chair_vox --data_dir FOLDER
set -euo pipefail
cd "$(dirname "$0")"
python main.py --ae --train --epoch 50 --real_size 16 --batch_size_input 4096 "$@"
python main.py --ae --train --epoch 100 --real_size 32 --batch_size_input 8192 "$@"
python main.py --ae --train --epoch 200 --real_size 64 --batch_size_input 32768 "$@"
python main.py --ae "$@"
python main.py --train --epoch 10000 "$@"
python main.py "$@"
