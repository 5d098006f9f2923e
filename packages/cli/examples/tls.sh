# An echo server by TLS and HTTP/2, and clients that trust it, or not.
lamella cert self-signed --out /tmp/lamella-example --force > /dev/null
lamella serve echo --tls --cert /tmp/lamella-example/cert.pem --key /tmp/lamella-example/key.pem --bind 127.0.0.1:9443 --quiet &
sleep 1
lamella send --cacert /tmp/lamella-example/cert.pem https://127.0.0.1:9443/ | grep -E 'version|cipher|alpn|akamai'
lamella send --cacert /tmp/lamella-example/cert.pem --http1.1 --tls-max 1.2 https://127.0.0.1:9443/ | grep -E 'version|alpn'
lamella send https://127.0.0.1:9443/
echo $?
