/*
 * What upstream's receiver forgets of the destinations that come and go under a subscription with control-mode=manual: docs/SECURITY.md,
 * "Destinations". The archive's CMakeLists renames a few calls of aeron_driver_receiver.c and aeron_publication_image.c, so that they come
 * here first; upstream's headers, renamed with them, declare these functions there. Everything runs on the thread of the receiver.
 *
 * The conductor frees a destination some time after the receiver has taken it out of its endpoint. So a destination that may be gone is only
 * looked for by its address, never read. None that is added later can have that address by then: its command would come later.
 */
#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "aeron_driver_receiver.h"
#include "aeron_publication_image.h"
#include "media/aeron_receive_channel_endpoint.h"
#include "media/aeron_receive_destination.h"
#include "util/aeron_error.h"

/* The connections for which an image has room at first. */
#define AERONGO_FIRST_CONNECTIONS (2)

static bool aerongo_has_destination(
    const aeron_receive_channel_endpoint_t *endpoint, const aeron_receive_destination_t *destination)
{
    for (size_t i = 0; i < endpoint->destinations.length; i++)
    {
        if (destination == endpoint->destinations.array[i].destination)
        {
            return true;
        }
    }

    return false;
}

/*
 * Where the peer of a connection is known by what it sends only, its address lies in the connection, and the pointer to it goes on pointing to
 * where the connection was when the array has grown, or when the last one has taken the place of one that is removed.
 */
static void aerongo_readdress_connections(aeron_publication_image_t *image)
{
    for (size_t i = 0; i < image->connections.length; i++)
    {
        aeron_publication_image_connection_t *connection = &image->connections.array[i];

        if (NULL != connection->control_addr && &connection->destination->current_control_addr != connection->control_addr)
        {
            connection->control_addr = &connection->resolved_control_address_for_implicit_unicast_channels;
        }
    }
}

/* Without any connection an image sends nothing, and ends like one that hears nothing. What comes by another destination connects that one. */
static int aerongo_drop_connections(aeron_publication_image_t *image, const aeron_receive_channel_endpoint_t *endpoint)
{
    int dropped = 0;

    for (size_t i = image->connections.length; i-- > 0;)
    {
        if (!aerongo_has_destination(endpoint, image->connections.array[i].destination))
        {
            image->connections.array[i] = image->connections.array[--image->connections.length];
            dropped++;
        }
    }

    aerongo_readdress_connections(image);

    return dropped;
}

/*
 * Upstream goes on asking for a SETUP through the destination that is removed. What waits for one session's SETUP does not use its destination,
 * and must run out by itself: that is when the session may be asked again.
 *
 * A destination that could not be added is removed without destination_out, to which upstream then writes.
 */
int aerongo_receive_channel_endpoint_remove_destination(
    aeron_receive_channel_endpoint_t *endpoint, aeron_udp_channel_t *channel, aeron_receive_destination_t **destination_out)
{
    aeron_driver_receiver_t *receiver = endpoint->receiver_proxy->receiver;
    aeron_receive_destination_t *destination = NULL;
    const int removed = aeron_receive_channel_endpoint_remove_destination(endpoint, channel, &destination);

    for (size_t i = NULL == destination ? 0 : receiver->pending_setups.length; i-- > 0;)
    {
        const aeron_driver_receiver_pending_setup_entry_t *entry = &receiver->pending_setups.array[i];

        if (entry->is_periodic && destination == entry->destination)
        {
            receiver->pending_setups.array[i] = receiver->pending_setups.array[--receiver->pending_setups.length];
        }
    }

    if (NULL != destination_out)
    {
        *destination_out = destination;
    }

    return removed;
}

/*
 * Upstream takes a destination back whose first request for a SETUP cannot be sent, and keeps its memory and its counter. It is asked again every
 * second, as an endpoint's own control address is: the network may be there by then.
 */
int aerongo_receive_channel_endpoint_add_pending_setup_destination(
    aeron_receive_channel_endpoint_t *endpoint,
    aeron_driver_receiver_t *receiver,
    aeron_receive_destination_t *destination,
    int32_t session_id,
    int32_t stream_id)
{
    if (aeron_receive_channel_endpoint_add_pending_setup_destination(endpoint, receiver, destination, session_id, stream_id) < 0)
    {
        AERON_APPEND_ERR("%s", "on_add_destination, pending_setup");
        aeron_driver_receiver_log_error(receiver);
    }

    return 0;
}

/* An image is made while the receiver goes on: the destination that its SETUP came by may have been removed. */
int aerongo_receive_channel_endpoint_on_add_publication_image(
    aeron_receive_channel_endpoint_t *endpoint, aeron_publication_image_t *image)
{
    aerongo_drop_connections(image, endpoint);

    return aeron_receive_channel_endpoint_on_add_publication_image(endpoint, image);
}

/* So may the one whose name has been resolved anew. */
void aerongo_receive_channel_endpoint_update_control_address(
    aeron_receive_channel_endpoint_t *endpoint, aeron_receive_destination_t *destination, struct sockaddr_storage *address)
{
    if (aerongo_has_destination(endpoint, destination))
    {
        aeron_receive_channel_endpoint_update_control_address(endpoint, destination, address);
    }
}

/*
 * Upstream looks for the channel. Two destinations may have the same one (a multicast group, or port 0), and then it may take another connection
 * than that of the destination which the endpoint has removed.
 */
int aerongo_publication_image_remove_destination(aeron_publication_image_t *image, aeron_udp_channel_t *channel)
{
    (void)channel;

    const int dropped = aerongo_drop_connections(image, image->endpoint);

    aeron_publication_image_remove_destination(image, NULL); /* no connection's: it only counts which are active */

    return dropped;
}

/* The first of what an image sends at each turn of the receiver. */
int aerongo_publication_image_send_pending_status_message(aeron_publication_image_t *image, int64_t now_ns)
{
    if (AERONGO_FIRST_CONNECTIONS < image->connections.capacity)
    {
        aerongo_readdress_connections(image);
    }

    return aeron_publication_image_send_pending_status_message(image, now_ns);
}

/* An image that is rejected says so to all its peers, and nothing has come yet from one whose address is not known. */
int aerongo_receiver_channel_endpoint_send_error_frame(
    aeron_receive_channel_endpoint_t *endpoint,
    aeron_receive_destination_t *destination,
    struct sockaddr_storage *control_addr,
    int32_t session_id,
    int32_t stream_id,
    int32_t error_code,
    const char *invalidation_reason)
{
    return NULL == control_addr ? 0 : aeron_receiver_channel_endpoint_send_error_frame(
        endpoint, destination, control_addr, session_id, stream_id, error_code, invalidation_reason);
}
