# A server and a client of grpcio without generated code: messages are bytes.
# "serve" prints the port; "call ADDRESS" tries a server of the same service and prints what came of it as JSON.
import json
import sys
import threading
import time
from concurrent import futures

import grpc

SERVICE = "lamella.test.v1.Bytes"
LARGE = 4 * 1024 * 1024
DETAILS = bytes([8, 5, 18, 1, 120])  # google.rpc.Status of code 5 with the message "x"
OPTIONS = [("grpc.keepalive_time_ms", 200), ("grpc.keepalive_timeout_ms", 5000)]
SERVER_OPTIONS = [("grpc.so_reuseport", 0), ("grpc.http2.min_ping_interval_without_data_ms", 100)]


def echo_metadata(context):
    pairs = [(k, v) for k, v in context.invocation_metadata() if k in ("x-word", "x-bin")]
    context.send_initial_metadata(pairs)
    context.set_trailing_metadata([("end-" + k, v) for k, v in pairs])


def say(request, context):
    if request == b"fail":
        context.set_trailing_metadata([("grpc-status-details-bin", DETAILS), ("x-why", "so")])
        context.abort(grpc.StatusCode.NOT_FOUND, "n\u00f6 100%")
    if request == b"blanks":
        context.set_trailing_metadata([("x-why", " so ")])
        context.abort(grpc.StatusCode.NOT_FOUND, " no such: ")
    if request == b"cancel":
        context.abort(grpc.StatusCode.CANCELLED, "by the server")
    if request == b"hang":
        over = threading.Event()
        context.add_callback(over.set)
        print("begun", flush=True)
        over.wait(60)
        print("aborted", flush=True)
        return b""
    echo_metadata(context)
    return request


def spell(request, context):
    echo_metadata(context)
    for byte in request:
        yield bytes([byte])


def join(requests, context):
    echo_metadata(context)
    return b"".join(requests)


def chat(requests, context):
    echo_metadata(context)
    for request in requests:
        yield request.upper()


def serve():
    server = grpc.server(
        futures.ThreadPoolExecutor(8), options=SERVER_OPTIONS, compression=grpc.Compression.Gzip
    )
    handlers = {
        "Say": grpc.unary_unary_rpc_method_handler(say),
        "Spell": grpc.unary_stream_rpc_method_handler(spell),
        "Join": grpc.stream_unary_rpc_method_handler(join),
        "Chat": grpc.stream_stream_rpc_method_handler(chat),
    }
    health = {"Check": grpc.unary_unary_rpc_method_handler(lambda request, context: b"\x08\x01")}
    server.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler(SERVICE, handlers),
            grpc.method_handlers_generic_handler("grpc.health.v1.Health", health),
        )
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print("port", port, flush=True)
    server.wait_for_termination()


def pairs(metadata):
    return [[k, v if isinstance(v, str) else list(v)] for k, v in metadata if k.startswith(("x-", "end-"))]


def failure(call):
    try:
        call()
    except grpc.RpcError as error:
        found = dict(error.trailing_metadata() or ())
        details = found.get("grpc-status-details-bin")
        return [error.code().name, error.details(), found.get("x-why"), details and list(details)]
    return "none"


def call(address):
    channel = grpc.insecure_channel(address, options=OPTIONS, compression=grpc.Compression.Gzip)
    path = "/" + SERVICE + "/"
    say_it, spell_it = channel.unary_unary(path + "Say"), channel.unary_stream(path + "Spell")
    join_it, chat_it = channel.stream_unary(path + "Join"), channel.stream_stream(path + "Chat")
    sent = [("x-word", "one"), ("x-word", "two"), ("x-bin", bytes([0, 255]))]
    result = {}
    answer, made = say_it.with_call(b"hi", metadata=sent)
    result["unary"] = [answer.decode(), pairs(made.initial_metadata()), pairs(made.trailing_metadata())]
    answer, made = say_it.with_call(b"hi", metadata=[("x-word", " one two "), ("x-word", " ")])
    result["blanks"] = pairs(made.initial_metadata())
    stream = spell_it(b"abc", metadata=sent)
    result["serverStreaming"] = [b"".join(stream).decode(), pairs(stream.initial_metadata()), pairs(stream.trailing_metadata())]
    result["clientStreaming"] = join_it(iter([b"a", b"b"])).decode()
    result["bidi"] = [message.decode() for message in chat_it(iter([b"a", b"b"]))]
    result["compressed"] = say_it(b"word " * 100000) == b"word " * 100000
    result["full"] = len(say_it(bytes(LARGE)))
    result["tooLong"] = failure(lambda: say_it(bytes(LARGE + 1)))[0]
    result["failure"] = failure(lambda: say_it(b"fail"))
    result["cancelledByServer"] = failure(lambda: say_it(b"cancel"))[:2]
    begun = lambda: int(say_it(b"begun"))
    seconds = 1.0  # several pings long
    while begun() == 0:  # on a busy machine a call may be over before it has come to its handler
        result["deadline"] = failure(lambda: say_it(b"hang", timeout=seconds))[0]
        seconds *= 2
    before = begun()
    hanging = say_it.future(b"hang")
    while begun() == before:
        time.sleep(0.01)
    hanging.cancel()
    try:
        hanging.result()
    except grpc.FutureCancelledError:
        result["cancelled"] = True
    result["unimplemented"] = failure(lambda: channel.unary_unary(path + "Nothing")(b""))[0]
    health = channel.unary_unary("/grpc.health.v1.Health/Check")
    result["health"] = [list(health(b"")), failure(lambda: health(b"\x0a\x01x"))[0]]
    # server_reflection_request of list_services, field 7
    reflection = channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")
    result["reflection"] = SERVICE.encode() in next(reflection(iter([b"\x3a\x00"])))
    print(json.dumps(result), flush=True)


if sys.argv[1] == "serve":
    serve()
else:
    call(sys.argv[2])
