# A server that tells what arrived, and requests to it.
lamella serve echo --bind 127.0.0.1:9000 --quiet &
sleep 1
lamella send --json '{"hello":"world"}' -H 'X-Case: kept' http://127.0.0.1:9000/items
lamella send -f http://127.0.0.1:9001/
echo $?
kill %1
