# Cookies that a redirect sets, and a command for curl.
lamella serve http-test --bind 127.0.0.1:9000 --quiet &
sleep 1
lamella send -L -c - http://127.0.0.1:9000/cookies/set/name/ann
lamella send --curl -H User-Agent: -b name=ann --json '{"a":1}' http://127.0.0.1:9000/post
