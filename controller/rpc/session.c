/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/rpc/session.h"

#include <ctype.h>
#include <limits.h>
#include <nghttp2/nghttp2.h>
#include <string.h>

#include "controller/rpc/budget.h"
#include "controller/rpc/message.h"
#include "openvswitch/list.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(rpc_session);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

/* Answers to PING and SETTINGS that may be waiting to be sent. */
#define MAX_ACKS 100

/* What HTTP/2 adds to name and value where it counts header fields. */
#define FIELD_OVERHEAD 32

#define CONTENT_TYPE "application/grpc"

/* A call. */
struct rpc_stream {
    struct ovs_list node;       /* In struct rpc_session's 'streams'. */
    int32_t id;
    long long int deadline;     /* When it is broken off, time_msec(). */

    /* Request. */
    size_t header_size;         /* Of its header fields so far, in bytes. */
    bool has_method, has_path, has_scheme;
    bool is_post;               /* ":method" is POST. */
    bool is_ours;               /* ":path" is RPC_METHOD_PATH. */
    bool is_grpc;               /* "content-type" is one of gRPC's. */
    bool in_fields;             /* Pseudo-header fields are over. */
    bool malformed;             /* Header fields broke a rule of HTTP/2. */
    struct ofpbuf body;         /* Not more than rpc_request_parse() needs. */

    /* Response. */
    bool answered;              /* It was given to libnghttp2. */
    struct ofpbuf reply;        /* What is left to send of the message. */
};

struct rpc_session {
    nghttp2_session *h2;
    struct budget budget;       /* Memory of 'h2'. */
    struct ovs_list streams;    /* struct rpc_stream, oldest first. */
    bool greeted;               /* The client's SETTINGS are here. */
    long long int deadline;     /* For these, time_msec(). */
    long long int now;          /* Time of what is being taken. */
    rpc_lookup_func *lookup;
    void *aux;
    struct rpc_counters *counters;
};

/* Streams. */

static struct rpc_stream *
stream_create(struct rpc_session *s, int32_t id)
{
    struct rpc_stream *stream = xzalloc(sizeof *stream);

    stream->id = id;
    stream->deadline = s->now + RPC_CALL_MS;
    ofpbuf_init(&stream->body, 0);
    ofpbuf_init(&stream->reply, 0);
    ovs_list_push_back(&s->streams, &stream->node);
    return stream;
}

static void
stream_destroy(struct rpc_stream *stream)
{
    ovs_list_remove(&stream->node);
    ofpbuf_uninit(&stream->body);
    ofpbuf_uninit(&stream->reply);
    free(stream);
}

static struct rpc_stream *
stream_find(const struct rpc_session *s, int32_t id)
{
    return nghttp2_session_get_stream_user_data(s->h2, id);
}

/* Breaks the call off. */
static int
stream_reset(struct rpc_session *s, struct rpc_stream *stream, uint32_t code)
{
    s->counters->n_errors++;
    stream->answered = true;
    return nghttp2_submit_rst_stream(s->h2, NGHTTP2_FLAG_NONE, stream->id,
                                     code);
}

/* Responses. */

static nghttp2_nv
field(const char *name, const char *value)
{
    return (nghttp2_nv) {
        .name = CONST_CAST(uint8_t *, (const uint8_t *) name),
        .namelen = strlen(name),
        .value = CONST_CAST(uint8_t *, (const uint8_t *) value),
        .valuelen = strlen(value),
    };
}

/* Answers with an HTTP status: it was no call of gRPC. */
static int
answer_http(struct rpc_session *s, struct rpc_stream *stream,
            const char *status)
{
    nghttp2_nv headers[] = { field(":status", status) };

    VLOG_INFO_RL(&rl, "refused a request that is none of gRPC (%s)", status);
    s->counters->n_errors++;
    stream->answered = true;
    return nghttp2_submit_response(s->h2, stream->id, headers,
                                   ARRAY_SIZE(headers), NULL);
}

/* Answers with an error of gRPC, of which there is no message. */
static int
answer_error(struct rpc_session *s, struct rpc_stream *stream,
             enum grpc_status status, const char *why)
{
    char code[12];              /* Any int. */
    nghttp2_nv headers[] = {
        field(":status", "200"),
        field("content-type", CONTENT_TYPE),
        field("grpc-status", ""),
        field("grpc-message", why),
        field("grpc-accept-encoding", "identity"),
    };

    snprintf(code, sizeof code, "%d", status);
    headers[2] = field("grpc-status", code);
    VLOG_INFO_RL(&rl, "refused a call: %s (%s)", why, code);
    s->counters->n_errors++;
    stream->answered = true;
    return nghttp2_submit_response(s->h2, stream->id, headers,
                                   ARRAY_SIZE(headers), NULL);
}

/* Hands out what is left of a reply; what ends the call are the trailers. */
static ssize_t
read_reply(nghttp2_session *h2, int32_t id, uint8_t *buf, size_t n,
           uint32_t *flags, nghttp2_data_source *source,
           void *session OVS_UNUSED)
{
    nghttp2_nv trailers[] = { field("grpc-status", "0") };
    struct rpc_stream *stream = source->ptr;

    n = MIN(n, stream->reply.size);
    if (n) {
        memcpy(buf, stream->reply.data, n);
        ofpbuf_pull(&stream->reply, n);
    }
    if (!stream->reply.size) {
        int error = nghttp2_submit_trailer(h2, id, trailers,
                                           ARRAY_SIZE(trailers));

        if (error) {
            return NGHTTP2_ERR_CALLBACK_FAILURE;
        }
        *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    }
    return n;
}

static int
answer_path(struct rpc_session *s, struct rpc_stream *stream,
            const char *path)
{
    nghttp2_nv headers[] = {
        field(":status", "200"),
        field("content-type", CONTENT_TYPE),
        field("grpc-accept-encoding", "identity"),
    };
    nghttp2_data_provider reply = {
        .source.ptr = stream,
        .read_callback = read_reply,
    };

    s->counters->n_calls++;
    s->counters->n_empty += !path[0];
    stream->answered = true;
    rpc_response_put(&stream->reply, path);
    return nghttp2_submit_response(s->h2, stream->id, headers,
                                   ARRAY_SIZE(headers), &reply);
}

/* Requests. */

/* Answers the call whose body is all there, or so long that it does not
 * matter. */
static int
take_body(struct rpc_session *s, struct rpc_stream *stream)
{
    const char *error;
    char *address;
    enum grpc_status status = rpc_request_parse(stream->body.data,
                                                stream->body.size, &address,
                                                &error);

    if (status != GRPC_OK) {
        return answer_error(s, stream, status, error);
    }

    int result = answer_path(s, stream, s->lookup(address, s->aux));
    free(address);
    return result;
}

/* Looks at the header fields, which are all there, of a new call. */
static int
take_headers(struct rpc_session *s, struct rpc_stream *stream)
{
    if (stream->malformed || !stream->has_method || !stream->has_path
        || !stream->has_scheme) {
        VLOG_INFO_RL(&rl, "refused a request with malformed header fields");
        return stream_reset(s, stream, NGHTTP2_PROTOCOL_ERROR);
    } else if (stream->header_size > RPC_MAX_HEADERS) {
        return answer_error(s, stream, GRPC_RESOURCE_EXHAUSTED,
                            "header fields are too long");
    } else if (!stream->is_post) {
        return answer_http(s, stream, "405");
    } else if (!stream->is_grpc) {
        return answer_http(s, stream, "415");
    } else if (!stream->is_ours) {
        return answer_error(s, stream, GRPC_UNIMPLEMENTED, "unknown method");
    }
    return 0;
}

static bool
equals(const uint8_t *p, size_t n, const char *s)
{
    return n == strlen(s) && !memcmp(p, s, n);
}

/* "application/grpc", also as "application/grpc+proto" or with parameters. */
static bool
is_content_type(const uint8_t *p, size_t n)
{
    size_t length = strlen(CONTENT_TYPE);

    return (n >= length && !memcmp(p, CONTENT_TYPE, length)
            && (n == length || p[length] == '+' || p[length] == ';'));
}

/* Names are in lower case, and made of visible characters. */
static bool
is_name(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] <= 0x20 || p[i] >= 0x7f || isupper(p[i])
            || (p[i] == ':' && i)) {
            return false;
        }
    }
    return n > 0;
}

/* Notes a pseudo-header field, each of which is there at most once. */
static void
take_pseudo(struct rpc_stream *stream, const uint8_t *name, size_t name_len,
            const uint8_t *value, size_t value_len)
{
    bool *seen;

    if (equals(name, name_len, ":method")) {
        seen = &stream->has_method;
        stream->is_post = equals(value, value_len, "POST");
    } else if (equals(name, name_len, ":path")) {
        seen = &stream->has_path;
        stream->is_ours = equals(value, value_len, RPC_METHOD_PATH);
    } else if (equals(name, name_len, ":scheme")) {
        seen = &stream->has_scheme;
    } else {
        stream->malformed |= !equals(name, name_len, ":authority");
        return;
    }
    stream->malformed |= *seen;
    *seen = true;
}

/* Callbacks of libnghttp2.  One that does not return 0 ends the connection. */

static int
begin_headers_cb(nghttp2_session *h2, const nghttp2_frame *frame, void *s)
{
    if (frame->hd.type == NGHTTP2_HEADERS
        && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        struct rpc_stream *stream = stream_create(s, frame->hd.stream_id);

        if (nghttp2_session_set_stream_user_data(h2, stream->id, stream)) {
            stream_destroy(stream);
            return NGHTTP2_ERR_CALLBACK_FAILURE;
        }
    }
    return 0;
}

static int
header_cb(nghttp2_session *h2 OVS_UNUSED, const nghttp2_frame *frame,
          const uint8_t *name, size_t name_len, const uint8_t *value,
          size_t value_len, uint8_t flags OVS_UNUSED, void *s)
{
    struct rpc_stream *stream = stream_find(s, frame->hd.stream_id);

    if (!stream || stream->answered) {
        return 0;
    }
    stream->header_size += name_len + value_len + FIELD_OVERHEAD;
    if (!is_name(name, name_len)) {
        stream->malformed = true;
    } else if (name[0] != ':') {
        stream->in_fields = true;
        if (equals(name, name_len, "content-type")) {
            stream->is_grpc = is_content_type(value, value_len);
        }
    } else if (stream->in_fields) {
        stream->malformed = true;
    } else {
        take_pseudo(stream, name, name_len, value, value_len);
    }
    return 0;
}

static int
data_chunk_cb(nghttp2_session *h2 OVS_UNUSED, uint8_t flags OVS_UNUSED,
              int32_t id, const uint8_t *data, size_t n, void *s)
{
    struct rpc_stream *stream = stream_find(s, id);
    const size_t max = RPC_FRAME_HEADER + RPC_MAX_REQUEST + 1;

    if (!stream || stream->answered) {
        return 0;
    }
    ofpbuf_put(&stream->body, data, MIN(n, max - stream->body.size));
    return (stream->body.size >= max && take_body(s, stream)
            ? NGHTTP2_ERR_CALLBACK_FAILURE : 0);
}

static int
frame_recv_cb(nghttp2_session *h2 OVS_UNUSED, const nghttp2_frame *frame,
              void *s_)
{
    struct rpc_stream *stream = stream_find(s_, frame->hd.stream_id);
    bool last = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    struct rpc_session *s = s_;
    int error = 0;

    if (frame->hd.type == NGHTTP2_SETTINGS) {
        s->greeted = true;
    } else if (frame->hd.type == NGHTTP2_HEADERS && stream
               && !stream->answered) {
        if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
            error = take_headers(s, stream);
        } else if (!last || stream->malformed
                   || stream->header_size > RPC_MAX_HEADERS) {
            /* Trailers end a request. */
            error = stream_reset(s, stream, NGHTTP2_PROTOCOL_ERROR);
        }
        if (!error && last && !stream->answered) {
            error = take_body(s, stream);
        }
    } else if (frame->hd.type == NGHTTP2_DATA && stream && last
               && !stream->answered) {
        error = take_body(s, stream);
    }
    return error ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

/* A call that is answered before the client has said all is over: it need not
 * go on. */
static int
frame_send_cb(nghttp2_session *h2, const nghttp2_frame *frame, void *s_)
{
    int32_t id = frame->hd.stream_id;
    struct rpc_session *s = s_;

    if (frame->hd.type == NGHTTP2_GOAWAY
        && frame->goaway.error_code != NGHTTP2_NO_ERROR) {
        VLOG_INFO_RL(&rl, "closing a connection: %s",
                     nghttp2_http2_strerror(frame->goaway.error_code));
        s->counters->n_broken++;
    }
    if (frame->hd.type == NGHTTP2_HEADERS
        && frame->hd.flags & NGHTTP2_FLAG_END_STREAM
        && !nghttp2_session_get_stream_remote_close(h2, id)
        && nghttp2_submit_rst_stream(h2, NGHTTP2_FLAG_NONE, id,
                                     NGHTTP2_NO_ERROR)) {
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    return 0;
}

static int
stream_close_cb(nghttp2_session *h2 OVS_UNUSED, int32_t id,
                uint32_t code OVS_UNUSED, void *s)
{
    struct rpc_stream *stream = stream_find(s, id);

    if (stream) {
        stream_destroy(stream);
    }
    return 0;
}

/* Sessions. */

static int
create_h2(struct rpc_session *s, nghttp2_session_callbacks *callbacks,
          nghttp2_option *option)
{
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks,
                                                            begin_headers_cb);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, header_cb);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks,
                                                              data_chunk_cb);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks,
                                                         frame_recv_cb);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks,
                                                         frame_send_cb);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks,
                                                           stream_close_cb);
    nghttp2_option_set_no_http_messaging(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    nghttp2_option_set_max_outbound_ack(option, MAX_ACKS);
    return nghttp2_session_server_new3(&s->h2, callbacks, s, option,
                                       &s->budget.mem);
}

struct rpc_session *
rpc_session_create(rpc_lookup_func *lookup, void *aux,
                   struct rpc_counters *counters, long long int now)
{
    static const nghttp2_settings_entry settings[] = {
        { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, RPC_MAX_STREAMS },
        { NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, RPC_MAX_HEADERS },
    };
    struct rpc_session *s = xzalloc(sizeof *s);
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option;

    budget_init(&s->budget, RPC_SESSION_MEMORY);
    ovs_list_init(&s->streams);
    s->deadline = now + RPC_CALL_MS;
    s->lookup = lookup;
    s->aux = aux;
    s->counters = counters;
    if (nghttp2_session_callbacks_new(&callbacks)
        || nghttp2_option_new(&option)
        || create_h2(s, callbacks, option)
        || nghttp2_submit_settings(s->h2, NGHTTP2_FLAG_NONE, settings,
                                   ARRAY_SIZE(settings))) {
        out_of_memory();
    }
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
    return s;
}

void
rpc_session_destroy(struct rpc_session *s)
{
    struct rpc_stream *stream, *next;

    if (s) {
        /* Calls back for no stream. */
        nghttp2_session_del(s->h2);
        LIST_FOR_EACH_SAFE (stream, next, node, &s->streams) {
            stream_destroy(stream);
        }
        ovs_assert(!s->budget.used);
        free(s);
    }
}

bool
rpc_session_input(struct rpc_session *s, const void *data, size_t n,
                  long long int now)
{
    ssize_t taken;

    s->now = now;
    taken = nghttp2_session_mem_recv(s->h2, data, n);
    if (taken != (ssize_t) n) {
        VLOG_INFO_RL(&rl, "closing a connection: %s",
                     taken < 0 ? nghttp2_strerror(taken) : "no more taken");
        s->counters->n_broken++;
        return false;
    }
    return true;
}

bool
rpc_session_output(struct rpc_session *s, struct ofpbuf *out, size_t enough)
{
    while (out->size < enough) {
        const uint8_t *data;
        ssize_t n = nghttp2_session_mem_send(s->h2, &data);

        if (n <= 0) {
            return !n;
        }
        ofpbuf_put(out, data, n);
    }
    return true;
}

bool
rpc_session_is_over(const struct rpc_session *s)
{
    return (!nghttp2_session_want_read(s->h2)
            && !nghttp2_session_want_write(s->h2));
}

bool
rpc_session_expire(struct rpc_session *s, long long int now)
{
    struct rpc_stream *stream;

    LIST_FOR_EACH (stream, node, &s->streams) {
        if (now >= stream->deadline) {
            /* The stream is there until that is sent; once is enough. */
            stream->deadline = LLONG_MAX;
            VLOG_INFO_RL(&rl, "broke off a call that takes too long");
            stream_reset(s, stream, NGHTTP2_CANCEL);
        }
    }
    return s->greeted || now < s->deadline;
}

long long int
rpc_session_deadline(const struct rpc_session *s)
{
    long long int deadline = s->greeted ? LLONG_MAX : s->deadline;
    struct rpc_stream *stream;

    LIST_FOR_EACH (stream, node, &s->streams) {
        if (stream->deadline != LLONG_MAX) {
            return MIN(deadline, stream->deadline);
        }
    }
    return deadline;
}

void
rpc_session_goaway(struct rpc_session *s)
{
    nghttp2_session_terminate_session(s->h2, NGHTTP2_NO_ERROR);
}
