#!/usr/bin/env bash
# The tests whose numbers depend on the processor, as other processors would compute them: a line for each.
#   tests/every_processor.sh                 all that this processor can emulate (half an hour on two cores)
#   tests/every_processor.sh -k golden       arguments go to pytest
# It cannot emulate more than the processor has: where there is no AVX-512, AVX512_CORE computes as AVX2 does, which the
# line says. TensorFlow's own kernels (Eigen) always use what the processor has; only oneDNN's are limited. ARM, GPUs and
# other versions of TensorFlow are not emulated at all. Nor is bfloat16 (test_precision.py) with fewer instructions:
# TensorFlow 2.21 then asks oneDNN, by the real processor, for products that it lacks, and the process ends.
set -uo pipefail
cd "$(dirname "$0")/.."
. ./environment.sh
install requirements-dev.txt
tests=(test_golden_imae test_golden_imsvr test_golden_zgan test_golden_improved test_export test_ops test_networks
    test_distribution test_precision test_surface test_refine test_imgan_main test_imsvr_main test_versions test_promises)
files=("${tests[@]/#/tests/}")
files=("${files[@]/%/.py}")
has() { grep -qw "$1" /proc/cpuinfo 2>/dev/null; }
status=0 log=$(mktemp) chosen=("$@")
trap 'rm -f "$log"' EXIT
check() { # name, most instructions (all if empty), variables
    local name=$1 isa=$2 began=$SECONDS last left_out=()
    shift 2
    [ -z "$isa" ] || left_out=(--deselect tests/test_precision.py)
    last=$(env ${isa:+ONEDNN_MAX_CPU_ISA=$isa} "$@" timeout 1800 \
        python -m pytest -q -n auto --dist loadfile "${left_out[@]}" "${files[@]}" "${chosen[@]}" 2>&1 | tee "$log" | tail -1)
    [[ $last == *failed* || $last != *passed* ]] && status=1 && grep -E "^(FAILED|ERROR)" "$log"
    printf '%-42s %s, %d s\n' "$name" "$(grep -oE '[0-9]+ (failed|passed|skipped|errors?)' <<<"$last" | paste -sd, | sed 's/,/, /g')" $((SECONDS - began))
}
echo "$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -1):$(for f in sse4_1 avx2 avx512f avx512_vnni avx512_bf16 amx_bf16; do has $f && printf ' %s' $f; done)"
check "without oneDNN" "" TF_ENABLE_ONEDNN_OPTS=0
check "oneDNN, all instructions" "" TF_ENABLE_ONEDNN_OPTS=1
for isa in SSE41 AVX2 AVX512_CORE; do
    note=
    [ $isa != AVX512_CORE ] || has avx512f || note=" (none here)"
    check "oneDNN, at most $isa$note" $isa TF_ENABLE_ONEDNN_OPTS=1
done
exit $status
