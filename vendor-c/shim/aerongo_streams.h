/*
 * The frame guard's second stage where a stream is received: a well formed datagram against the image that it is for, in the structs of
 * the driver, on the receiver's thread.
 */
#ifndef AERONGO_STREAMS_H
#define AERONGO_STREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aeron_publication_image.h"
#include "collections/aeron_int64_to_ptr_hash_map.h"
#include "media/aeron_receive_channel_endpoint.h"

#include "aerongo_datagram.h"
#include "aerongo_verdict.h"

/* What one thread that receives knows of its streams, besides what the driver does. */
typedef struct aerongo_streams_stct
{
    aeron_int64_to_ptr_hash_map_t images; /* by the address of the image */
    aeron_int64_to_ptr_hash_map_t newcomers; /* by the address of the endpoint's dispatcher */
}
aerongo_streams_t;

/* Of zeroed memory. -1 and Aeron's error if there is none for the map. */
int aerongo_streams_init(aerongo_streams_t *streams);

void aerongo_streams_close(aerongo_streams_t *streams);

/* The driver has made an image, or takes it away. */
void aerongo_streams_on_image_added(aerongo_streams_t *streams, const aeron_publication_image_t *image);
void aerongo_streams_on_image_removed(aerongo_streams_t *streams, const aeron_publication_image_t *image);

/* The driver no longer listens at one of an endpoint's addresses. */
void aerongo_streams_on_destination_removed(aerongo_streams_t *streams, const aeron_data_packet_dispatcher_t *dispatcher);

/* A datagram that has come to a receiver; chain is set if it is data. */
aerongo_verdict_t aerongo_streams_judge_received(
    aerongo_streams_t *streams,
    aeron_receive_channel_endpoint_t *endpoint,
    const uint8_t *buffer,
    size_t length,
    const aerongo_chain_t *chain);

#endif
