#!/usr/bin/env bash
# Makes the clip that the server shows as a stream: four seconds of ffmpeg's own test picture and tones, as four files of sound
# and picture (second-N.mp4), and four of two speakers (second-N.ogg), each of which can be played alone. Nothing in it is
# anybody else's. Made with ffmpeg 5.1 of Debian 12; another version may write other bytes.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"

quiet=(-hide_banner -loglevel error -nostdin -y)
exact=(-fflags +bitexact -flags +bitexact -map_metadata -1 -threads 1)

for second in 0 1 2 3; do
    # The tone of a publisher rises by a third each second.
    ffmpeg "${quiet[@]}" \
        -f lavfi -i "testsrc=size=320x180:rate=25,trim=start=$second:duration=1,setpts=PTS-STARTPTS,format=yuv420p" \
        -f lavfi -i "sine=frequency=$((330 + 110 * second)):sample_rate=48000,atrim=duration=1" \
        -c:v libx264 -profile:v baseline -preset veryslow -crf 34 -g 25 -bf 0 \
        -c:a aac -b:a 32k -ac 1 "${exact[@]}" -movflags +faststart "second-$second.mp4"
    # Two speakers, each with a channel of its own: mapping family 255 couples none. They take turns.
    ffmpeg "${quiet[@]}" \
        -f lavfi -i "sine=frequency=440:sample_rate=48000,atrim=duration=1,volume=$((1 - second % 2))" \
        -f lavfi -i "sine=frequency=660:sample_rate=48000,atrim=duration=1,volume=$((second % 2))" \
        -filter_complex '[0][1]amerge=inputs=2' \
        -c:a libopus -mapping_family 255 -b:a 24k -frame_duration 20 -application voip \
        "${exact[@]}" -page_duration 1000000 "second-$second.ogg"
done
