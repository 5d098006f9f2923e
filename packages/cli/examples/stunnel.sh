# A service that knows nothing of TLS, behind an exit; a client that knows nothing of it either, by an entry.
lamella cert self-signed --out /tmp/lamella-example --force > /dev/null
lamella serve echo --bind 127.0.0.1:9000 --quiet &
lamella serve stunnel exit --bind 127.0.0.1:8443 --forward 127.0.0.1:9000 --cert /tmp/lamella-example/cert.pem --key /tmp/lamella-example/key.pem --quiet &
lamella serve stunnel entry --bind 127.0.0.1:8080 --forward 127.0.0.1:8443 --cacert /tmp/lamella-example/cert.pem --quiet &
sleep 1
lamella send http://127.0.0.1:8080/items | grep target
