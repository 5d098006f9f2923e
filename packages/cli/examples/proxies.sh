# A request by way of a forward proxy and a reverse proxy.
lamella serve echo --bind 127.0.0.1:9000 --quiet &
lamella serve reverse --bind 127.0.0.1:8081 --to /api=http://127.0.0.1:9000/v1 --quiet &
lamella serve proxy --bind 127.0.0.1:8080 --auth ann:secret &
sleep 1
lamella send -x http://ann:secret@127.0.0.1:8080 http://127.0.0.1:8081/api/items
kill %3
