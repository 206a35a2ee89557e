/*
 * The frame guard's second stage: a well formed datagram against the stream that it is for, in the structs of the driver, on the thread
 * that owns them: the one that is about to dispatch it.
 */
#ifndef AERONGO_STREAMS_H
#define AERONGO_STREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aeron_publication_image.h"
#include "collections/aeron_int64_to_ptr_hash_map.h"
#include "media/aeron_receive_channel_endpoint.h"
#include "media/aeron_send_channel_endpoint.h"

#include "aerongo_datagram.h"

/* How many images may be on their way at a time. A sender repeats its SETUP every 100 ms, so that all are heard in the end. */
#define AERONGO_NEW_SESSIONS (128)

typedef struct aerongo_new_session_stct
{
    int32_t stream_id;
    int32_t session_id;
    int64_t deadline_ns;
}
aerongo_new_session_t;

/* What one thread that receives knows of its streams, besides what the driver does. */
typedef struct aerongo_streams_stct
{
    aeron_int64_to_ptr_hash_map_t images; /* by the address of the image */
    aerongo_new_session_t new_sessions[AERONGO_NEW_SESSIONS];
    size_t new_sessions_length;
    size_t asked_sessions;
    int64_t asking_deadline_ns;
}
aerongo_streams_t;

/* REJECTED is counted. IGNORED is what a peer may well send, and is not wanted, or not now. */
typedef enum aerongo_verdict_en
{
    AERONGO_ACCEPTED,
    AERONGO_IGNORED,
    AERONGO_REJECTED
}
aerongo_verdict_t;

/* Of zeroed memory. -1 and Aeron's error if there is none for the map. */
int aerongo_streams_init(aerongo_streams_t *streams);

void aerongo_streams_close(aerongo_streams_t *streams);

/* The driver has made an image, or takes it away. */
void aerongo_streams_on_image_added(aerongo_streams_t *streams, const aeron_publication_image_t *image);
void aerongo_streams_on_image_removed(aerongo_streams_t *streams, const aeron_publication_image_t *image);

/* A datagram that has come to a receiver; chain is set if it is data. */
aerongo_verdict_t aerongo_streams_judge_received(
    aerongo_streams_t *streams,
    aeron_receive_channel_endpoint_t *endpoint,
    const uint8_t *buffer,
    size_t length,
    const aerongo_chain_t *chain);

/* A datagram that has come to a sender. */
aerongo_verdict_t aerongo_streams_judge_answered(aeron_send_channel_endpoint_t *endpoint, const uint8_t *buffer);

#endif
