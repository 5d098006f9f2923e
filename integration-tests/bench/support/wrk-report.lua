-- An argument after `--` is the body of a POST. The result is one line for the bench to read.
function init(args)
  if args[1] then
    wrk.method = "POST"
    wrk.body = args[1]
  end
end

function done(summary, latency, requests)
  local e = summary.errors
  local errors = e.connect + e.read + e.write + e.status + e.timeout
  print(string.format("RESULT %d %d %d %d", summary.requests, summary.duration, summary.bytes, errors))
end
