# Messages to a WebSocket that sends each back, from the command line and from a pipe.
lamella serve http-test --bind 127.0.0.1:9000 --quiet &
sleep 1
lamella send --ws-wait 3 -d hello --data-binary bytes ws://127.0.0.1:9000/ws
printf 'one\ntwo\n' | lamella send --ws-wait 3 ws://127.0.0.1:9000/ws
lamella send -d hello ws://127.0.0.1:9000/get
echo $?
