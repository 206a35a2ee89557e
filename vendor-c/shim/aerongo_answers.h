/*
 * The frame guard's second stage where a stream is sent: what receivers answer, against the publication that it is for, in the structs of
 * the driver, on the sender's thread.
 */
#ifndef AERONGO_ANSWERS_H
#define AERONGO_ANSWERS_H

#include <stdint.h>

#include "media/aeron_send_channel_endpoint.h"

#include "aerongo_allowance.h"
#include "aerongo_verdict.h"

/* What one thread that sends knows, besides what the driver does. Of zeroed memory. */
typedef struct aerongo_answers_stct
{
    aerongo_allowance_t errors;
}
aerongo_answers_t;

/* A datagram that has come to a sender. */
aerongo_verdict_t aerongo_answers_judge(
    aerongo_answers_t *answers, aeron_send_channel_endpoint_t *endpoint, const uint8_t *buffer);

#endif
