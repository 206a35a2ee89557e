#include "shim.h"

#include <stdio.h>
#include <string.h>

#include "aeron_image.h"
#include "aeron_log_buffer.h"
#include "aeron_subscription.h"
#include "uri/aeron_uri.h"
#include "util/aeron_error.h"

aerongo_result_t aerongo_async_add_subscription(
    aeron_t *client, const char *uri, int32_t stream_id, aerongo_listener_t *listener)
{
    aeron_async_add_subscription_t *async = NULL;

    aeron_err_clear();
    if (aeron_async_add_subscription(
        &async,
        client,
        uri,
        stream_id,
        aerongo_on_available_image,
        listener,
        aerongo_on_unavailable_image,
        listener) < 0)
    {
        return aerongo_failure();
    }

    return aerongo_pointer(async);
}

aerongo_result_t aerongo_async_add_subscription_poll(aeron_async_add_subscription_t *async)
{
    aeron_subscription_t *subscription = NULL;

    aeron_err_clear();
    if (aeron_async_add_subscription_poll(&subscription, async) < 0)
    {
        return aerongo_failure();
    }

    return aerongo_pointer(subscription);
}

aerongo_result_t aerongo_async_add_subscription_cancel(aeron_t *client, aeron_async_add_subscription_t *async)
{
    aeron_err_clear();
    return aerongo_status(aeron_async_add_subscription_cancel(client, async));
}

aerongo_result_t aerongo_async_remove_subscription(
    aeron_t *client, int64_t registration_id, aerongo_listener_t *listener)
{
    aeron_err_clear();
    return aerongo_command_status(
        aeron_async_remove_subscription(registration_id, client, aerongo_on_close_complete, listener));
}

aerongo_result_t aerongo_subscription_constants(
    aeron_subscription_t *subscription, aerongo_subscription_info_t *info)
{
    aeron_subscription_constants_t constants;

    aeron_err_clear();
    if (aeron_subscription_constants(subscription, &constants) < 0)
    {
        return aerongo_failure();
    }

    info->registration_id = constants.registration_id;
    info->stream_id = constants.stream_id;
    info->channel_status_indicator_id = constants.channel_status_indicator_id;
    info->image_list = (void *volatile *)&subscription->conductor_fields.image_lists_head.next_list;

    return aerongo_value(0);
}

/*
 * One reading of the list, where image_at_index would read it anew for every index while the conductor changes it. The
 * proposed change number is what lets the conductor free what the list before this one held.
 */
int64_t aerongo_subscription_retain_images(
    aeron_subscription_t *subscription, aeron_image_t **images, int64_t capacity, void **list)
{
    aeron_image_list_t *volatile image_list;
    AERON_GET_ACQUIRE(image_list, subscription->conductor_fields.image_lists_head.next_list);

    int64_t length = (int64_t)image_list->length;
    if (length > capacity)
    {
        return length;
    }

    for (int64_t i = 0; i < length; i++)
    {
        images[i] = image_list->array[i];
        aeron_image_incr_refcnt(images[i]);
    }

    aeron_subscription_propose_last_image_change_number(subscription, image_list->change_number);
    *list = (void *)image_list;

    return length;
}

bool aerongo_subscription_is_connected(aeron_subscription_t *subscription)
{
    return aeron_subscription_is_connected(subscription);
}

aerongo_result_t aerongo_subscription_image_count(aeron_subscription_t *subscription)
{
    aeron_err_clear();
    return aerongo_status(aeron_subscription_image_count(subscription));
}

aeron_image_t *aerongo_subscription_image_by_session_id(aeron_subscription_t *subscription, int32_t session_id)
{
    return aeron_subscription_image_by_session_id(subscription, session_id);
}

aeron_image_t *aerongo_subscription_image_at_index(aeron_subscription_t *subscription, size_t index)
{
    return aeron_subscription_image_at_index(subscription, index);
}

typedef struct aerongo_image_sink_stct
{
    aeron_image_t **images;
    int64_t capacity;
    int64_t length;
}
aerongo_image_sink_t;

static void aerongo_collect_image(aeron_image_t *image, void *clientd)
{
    aerongo_image_sink_t *sink = clientd;

    if (sink->length < sink->capacity)
    {
        sink->images[sink->length] = image;
    }
    sink->length++;
}

int64_t aerongo_subscription_for_each_image(
    aeron_subscription_t *subscription, aeron_image_t **images, int64_t capacity)
{
    aerongo_image_sink_t sink = { .images = images, .capacity = capacity };
    aeron_subscription_for_each_image(subscription, aerongo_collect_image, &sink);
    return sink.length;
}

aerongo_result_t aerongo_subscription_image_retain(aeron_subscription_t *subscription, aeron_image_t *image)
{
    aeron_err_clear();
    return aerongo_status(aeron_subscription_image_retain(subscription, image));
}

aerongo_result_t aerongo_subscription_image_release(aeron_subscription_t *subscription, aeron_image_t *image)
{
    aeron_err_clear();
    return aerongo_status(aeron_subscription_image_release(subscription, image));
}

int64_t aerongo_subscription_channel_status(aeron_subscription_t *subscription)
{
    return aeron_subscription_channel_status(subscription);
}

bool aerongo_subscription_is_closed(aeron_subscription_t *subscription)
{
    return aeron_subscription_is_closed(subscription);
}

aerongo_result_t aerongo_subscription_close(aeron_subscription_t *subscription, aerongo_listener_t *listener)
{
    aeron_err_clear();
    return aerongo_command_status(aeron_subscription_close(subscription, aerongo_on_close_complete, listener));
}

aerongo_result_t aerongo_subscription_local_sockaddrs(
    aeron_subscription_t *subscription, aeron_iovec_t *addresses, size_t count)
{
    aeron_err_clear();
    return aerongo_status(aeron_subscription_local_sockaddrs(subscription, addresses, count));
}

/* value is 0 while the endpoint is not bound. */
aerongo_result_t aerongo_subscription_resolved_endpoint(
    aeron_subscription_t *subscription, char *address, size_t length)
{
    aeron_err_clear();
    return aerongo_status(aeron_subscription_resolved_endpoint(subscription, address, length));
}

/* C looks for the endpoint's last colon and does not look whether there is one. Other drivers than C's take a name alone, for a resolver
 * to find. */
static bool aerongo_has_port(const char *channel)
{
    aeron_uri_t uri;
    if (aeron_uri_parse(strlen(channel), channel, &uri) < 0)
    {
        aeron_err_clear();
        return true; /* C says what is wrong */
    }
    bool has_port = AERON_URI_UDP != uri.type || NULL == uri.params.udp.endpoint ||
        NULL != strchr(uri.params.udp.endpoint, ':');
    aeron_uri_close(&uri);

    return has_port;
}

aerongo_result_t aerongo_subscription_try_resolve_channel_endpoint_port(
    aeron_subscription_t *subscription, char *uri, size_t length)
{
    aeron_err_clear();
    if (!aerongo_has_port(subscription->channel))
    {
        snprintf(uri, length, "%s", subscription->channel);
        return aerongo_value(0);
    }

    return aerongo_status(aeron_subscription_try_resolve_channel_endpoint_port(subscription, uri, length));
}

_Static_assert(3 == AERON_LOGBUFFER_PARTITION_COUNT, "three terms");

aerongo_result_t aerongo_image_constants(aeron_image_t *image, aerongo_image_info_t *info)
{
    aeron_image_constants_t constants;

    aeron_err_clear();
    if (aeron_image_constants(image, &constants) < 0)
    {
        return aerongo_failure();
    }

    aeron_mapped_raw_log_t *log = &image->log_buffer->mapped_raw_log;
    for (size_t i = 0; i < AERON_LOGBUFFER_PARTITION_COUNT; i++)
    {
        info->terms[i] = log->term_buffers[i].addr;
    }
    info->metadata = (uint8_t *)image->metadata;
    info->subscriber_position = (int64_t *)image->subscriber_position;
    info->is_closed = &image->is_closed;
    info->correlation_id = constants.correlation_id;
    info->join_position = constants.join_position;
    info->source_identity = constants.source_identity;
    info->source_identity_length = (int64_t)strlen(constants.source_identity);
    /* That of the mapping: what the metadata say may have changed since. */
    info->term_length = (int32_t)log->term_length;
    info->position_bits_to_shift = (int32_t)constants.position_bits_to_shift;
    info->mtu_length = (int32_t)constants.mtu_length;
    info->session_id = constants.session_id;
    info->initial_term_id = constants.initial_term_id;
    info->subscriber_position_id = constants.subscriber_position_id;

    return aerongo_value(0);
}

bool aerongo_image_is_closed(aeron_image_t *image)
{
    return aeron_image_is_closed(image);
}

int64_t aerongo_image_end_of_stream_position(aeron_image_t *image)
{
    return aeron_image_end_of_stream_position(image);
}

aerongo_result_t aerongo_image_reject(aeron_image_t *image, const char *reason)
{
    aeron_err_clear();
    return aerongo_command_status(aeron_image_reject(image, reason));
}

/* What aeron_image_reject does, without the image's own way to its subscription: the conductor sets that to NULL as soon as the
 * subscription has taken a list without the image. */
aerongo_result_t aerongo_subscription_reject_image(
    aeron_subscription_t *subscription, int64_t correlation_id, int64_t position, const char *reason)
{
    aeron_err_clear();
    return aerongo_command_status(aeron_subscription_reject_image(subscription, correlation_id, position, reason));
}

int64_t aerongo_image_position(aeron_image_t *image)
{
    return aeron_image_position(image);
}

bool aerongo_image_is_end_of_stream(aeron_image_t *image)
{
    return aeron_image_is_end_of_stream(image);
}

bool aerongo_image_is_publication_revoked(aeron_image_t *image)
{
    return aeron_image_is_publication_revoked(image);
}

int32_t aerongo_image_active_transport_count(aeron_image_t *image)
{
    return aeron_image_active_transport_count(image);
}

aerongo_result_t aerongo_image_release(aeron_image_t *image)
{
    aeron_err_clear();
    return aerongo_status(aeron_image_release(image));
}
