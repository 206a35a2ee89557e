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

/* Words with a bit for each place of the longest datagram where a frame can begin. */
#define AERONGO_CHAIN_WORDS (32)

/* The frames of a datagram with data. */
typedef struct aerongo_chain_stct
{
    int64_t filled; /* how much of a term they fill: 0 for a heartbeat */
    uint64_t begins[AERONGO_CHAIN_WORDS]; /* where frames begin, unless it is one; no more words are set than the datagram has */
}
aerongo_chain_t;

/* How many words of begins are set for a datagram. */
static inline size_t aerongo_chain_words(size_t length)
{
    return (length + 64 * AERON_FRAME_ALIGNMENT - 1) / (64 * AERON_FRAME_ALIGNMENT);
}

/* Whether the driver may have the datagram, as far as it alone tells. chain is set for data. */
bool aerongo_datagram_look_at(const uint8_t *buffer, size_t length, aerongo_chain_t *chain);

/* Whether a datagram that may be had is data or padding. */
bool aerongo_datagram_is_data(const uint8_t *buffer);

#endif
