/*
 * The frame guard: see aerongo_frame_guard.h. An interceptor with two stages: aerongo_datagram.c looks at the datagram alone, and
 * aerongo_streams.c, aerongo_answers.c and aerongo_names.c compare it with what the thread has that it has come to.
 */
#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "aeron_alloc.h"
#include "aeron_driver_context.h"
#include "concurrent/aeron_counters_manager.h"
#include "util/aeron_error.h"

#include "aerongo_answers.h"
#include "aerongo_datagram.h"
#include "aerongo_frame_guard.h"
#include "aerongo_names.h"
#include "aerongo_streams.h"

/* One per driver. The context frees its bindings, so they come first. */
typedef struct aerongo_frame_guard_stct
{
    aeron_udp_channel_interceptor_bindings_t bindings;
    int64_t *rejected;
}
aerongo_frame_guard_t;

/* One per thread that receives: the sender, the receiver, the name resolver. */
typedef struct aerongo_frame_guard_path_stct
{
    aerongo_frame_guard_t *guard;
    aeron_udp_channel_transport_affinity_t affinity;
    aerongo_streams_t streams; /* of the receiver */
    aerongo_answers_t answers; /* of the sender */
    aerongo_names_t *names; /* of the name resolver; NULL elsewhere */
}
aerongo_frame_guard_path_t;

int aerongo_frame_guard_is_well_formed(const uint8_t *buffer, size_t length)
{
    aerongo_chain_t chain;

    return aerongo_datagram_look_at(buffer, length, &chain);
}

static void aerongo_frame_guard_count(aerongo_frame_guard_t *guard)
{
    __atomic_fetch_add(guard->rejected, 1, __ATOMIC_RELEASE);
}

static void aerongo_frame_guard_incoming(
    void *interceptor_state,
    aeron_udp_channel_incoming_interceptor_t *delegate,
    aeron_udp_channel_transport_t *transport,
    void *receiver_clientd,
    void *endpoint_clientd,
    void *destination_clientd,
    uint8_t *buffer,
    size_t length,
    struct sockaddr_storage *addr,
    struct timespec *media_timestamp)
{
    aerongo_frame_guard_path_t *path = (aerongo_frame_guard_path_t *)interceptor_state;
    aerongo_chain_t chain;
    aerongo_verdict_t verdict = aerongo_datagram_look_at(buffer, length, &chain) ? AERONGO_ACCEPTED : AERONGO_REJECTED;

    if (AERONGO_ACCEPTED == verdict && NULL != endpoint_clientd)
    {
        if (AERON_UDP_CHANNEL_TRANSPORT_AFFINITY_RECEIVER == path->affinity)
        {
            verdict = aerongo_streams_judge_received(
                &path->streams, (aeron_receive_channel_endpoint_t *)endpoint_clientd, buffer, length, &chain);
        }
        else if (AERON_UDP_CHANNEL_TRANSPORT_AFFINITY_SENDER == path->affinity)
        {
            verdict = aerongo_answers_judge(&path->answers, (aeron_send_channel_endpoint_t *)endpoint_clientd, buffer);
        }
    }

    if (NULL != path->names && AERONGO_ACCEPTED == verdict && AERON_HDR_TYPE_RES == ((aeron_frame_header_t *)buffer)->type)
    {
        const size_t admitted = aerongo_names_admit(path->names, buffer, length, addr);

        if (admitted < length)
        {
            aerongo_frame_guard_count(path->guard);
            length = admitted;
        }
    }

    if (AERONGO_ACCEPTED != verdict)
    {
        if (AERONGO_REJECTED == verdict)
        {
            aerongo_frame_guard_count(path->guard);
        }

        return;
    }

    delegate->incoming_func(
        delegate->interceptor_state,
        delegate->next_interceptor,
        transport,
        receiver_clientd,
        endpoint_clientd,
        destination_clientd,
        buffer,
        length,
        addr,
        media_timestamp);
}

static int aerongo_frame_guard_on_image(
    void *interceptor_state,
    aeron_udp_channel_transport_t *transport,
    aeron_publication_image_t *image,
    aeron_udp_channel_interceptor_notification_type_t type)
{
    aerongo_frame_guard_path_t *path = (aerongo_frame_guard_path_t *)interceptor_state;

    if (AERON_UDP_CHANNEL_INTERCEPTOR_REMOVE_NOTIFICATION == type)
    {
        aerongo_streams_on_image_removed(&path->streams, image);
    }
    else
    {
        aerongo_streams_on_image_added(&path->streams, image);
    }

    return 0;
}

static int aerongo_frame_guard_on_transport(
    void *interceptor_state,
    aeron_udp_channel_transport_t *transport,
    const aeron_udp_channel_t *udp_channel,
    aeron_data_packet_dispatcher_t *dispatcher,
    aeron_udp_channel_interceptor_notification_type_t type)
{
    aerongo_frame_guard_path_t *path = (aerongo_frame_guard_path_t *)interceptor_state;

    if (AERON_UDP_CHANNEL_INTERCEPTOR_REMOVE_NOTIFICATION == type)
    {
        aerongo_streams_on_destination_removed(&path->streams, dispatcher);
    }

    return 0;
}

static aerongo_frame_guard_t *aerongo_frame_guard_of(aeron_driver_context_t *context)
{
    for (const aeron_udp_channel_interceptor_bindings_t *bindings = context->udp_channel_incoming_interceptor_bindings;
        NULL != bindings;
        bindings = bindings->meta_info.next_interceptor_bindings)
    {
        if (aerongo_frame_guard_incoming == bindings->incoming_func)
        {
            return (aerongo_frame_guard_t *)bindings;
        }
    }

    return NULL;
}

static int aerongo_frame_guard_make_counter(aerongo_frame_guard_t *guard, aeron_driver_context_t *context)
{
    static const char label[] = "aerongo: frames rejected";

    if (NULL != guard->rejected)
    {
        return 0;
    }

    const int32_t counter_id = aeron_counters_manager_allocate(
        context->counters_manager, AERONGO_FRAME_GUARD_COUNTER_TYPE_ID, NULL, 0, label, sizeof(label) - 1);
    if (counter_id < 0)
    {
        AERON_APPEND_ERR("%s", "counter of the frame guard");
        return -1;
    }

    guard->rejected = aeron_counters_manager_addr(context->counters_manager, counter_id);

    return 0;
}

static int aerongo_frame_guard_init(
    void **interceptor_state, aeron_driver_context_t *context, aeron_udp_channel_transport_affinity_t affinity)
{
    aerongo_frame_guard_t *guard = aerongo_frame_guard_of(context);
    aerongo_frame_guard_path_t *path = NULL;

    if (NULL == guard)
    {
        AERON_SET_ERR(EINVAL, "%s", "the frame guard is not among the context's interceptors");
        return -1;
    }

    if (aerongo_frame_guard_make_counter(guard, context) < 0)
    {
        return -1;
    }

    if (aeron_alloc((void **)&path, sizeof(aerongo_frame_guard_path_t)) < 0)
    {
        AERON_APPEND_ERR("%s", "frame guard");
        return -1;
    }

    path->guard = guard;
    path->affinity = affinity;

    if (aerongo_streams_init(&path->streams) < 0)
    {
        AERON_APPEND_ERR("%s", "frame guard");
        aeron_free(path);
        return -1;
    }

    if (AERON_UDP_CHANNEL_TRANSPORT_AFFINITY_CONDUCTOR == affinity)
    {
        if (aeron_alloc((void **)&path->names, sizeof(aerongo_names_t)) < 0)
        {
            AERON_APPEND_ERR("%s", "frame guard");
            aerongo_streams_close(&path->streams);
            aeron_free(path);
            return -1;
        }

        aerongo_names_init(path->names, context);
    }

    *interceptor_state = path;

    return 0;
}

static int aerongo_frame_guard_close(void *interceptor_state)
{
    aerongo_frame_guard_path_t *path = (aerongo_frame_guard_path_t *)interceptor_state;

    if (NULL != path)
    {
        aerongo_streams_close(&path->streams);
        aeron_free(path->names);
        aeron_free(path);
    }

    return 0;
}

int aerongo_frame_guard_install(aeron_driver_context_t *context)
{
    aerongo_frame_guard_t *guard = aerongo_frame_guard_of(context);

    if (NULL != guard)
    {
        guard->rejected = NULL; /* of a driver that did not start */
        return 0;
    }

    if (aeron_alloc((void **)&guard, sizeof(aerongo_frame_guard_t)) < 0)
    {
        AERON_APPEND_ERR("%s", "frame guard");
        return -1;
    }

    guard->bindings.incoming_init_func = aerongo_frame_guard_init;
    guard->bindings.incoming_func = aerongo_frame_guard_incoming;
    guard->bindings.incoming_close_func = aerongo_frame_guard_close;
    guard->bindings.incoming_transport_notification_func = aerongo_frame_guard_on_transport;
    guard->bindings.incoming_image_notification_func = aerongo_frame_guard_on_image;
    guard->bindings.meta_info.name = "frame-guard";
    guard->bindings.meta_info.type = "interceptor";
    guard->bindings.meta_info.source_symbol = (aeron_fptr_t)aerongo_frame_guard_install;
    guard->bindings.meta_info.next_interceptor_bindings = context->udp_channel_incoming_interceptor_bindings;

    return aeron_driver_context_set_udp_channel_incoming_interceptors(context, &guard->bindings);
}

int64_t aerongo_frame_guard_rejected(aeron_driver_context_t *context)
{
    const aerongo_frame_guard_t *guard = aerongo_frame_guard_of(context);

    return NULL == guard || NULL == guard->rejected ? 0 : __atomic_load_n(guard->rejected, __ATOMIC_ACQUIRE);
}
