/* The frame guard's first stage: what a datagram says by itself, whatever stream it is for. buffer must be aligned to 8 bytes. */
#ifndef AERONGO_DATAGRAM_H
#define AERONGO_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "concurrent/aeron_logbuffer_descriptor.h"
#include "util/aeron_bitutil.h"

/* What a frame takes of a term. */
static inline int64_t aerongo_aligned(int32_t frame_length)
{
    return AERON_ALIGN((int64_t)frame_length, (int64_t)AERON_FRAME_ALIGNMENT);
}

/* Whether the driver may have the datagram, as far as it alone tells. filled is set for data: how much of a term it fills. */
bool aerongo_datagram_look_at(const uint8_t *buffer, size_t length, int64_t *filled);

/* Whether a datagram that may be had is data or padding. */
bool aerongo_datagram_is_data(const uint8_t *buffer);

#endif
