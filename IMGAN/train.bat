@echo off
rem The whole training of the paper, on <data_dir>\03001627_vox.hdf5. Flags given here go to every
rem command, for example: train.bat --dataset chair_vox --data_dir FOLDER
cd /d "%~dp0"
python main.py --ae --train --epoch 50 --real_size 16 --batch_size_input 4096 %* || exit /b
python main.py --ae --train --epoch 100 --real_size 32 --batch_size_input 8192 %* || exit /b
python main.py --ae --train --epoch 200 --real_size 64 --batch_size_input 32768 %* || exit /b
python main.py --ae %* || exit /b
python main.py --train --epoch 10000 %* || exit /b
python main.py %* || exit /b
