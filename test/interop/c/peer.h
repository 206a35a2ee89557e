/* The peer of the interop tests in C: the commands of package peer (../peer/serve.go), on Aeron's C client. */
#ifndef INTEROP_PEER_H
#define INTEROP_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <aeronc.h>

#define PATIENCE_NS INT64_C(30000000000) /* as peer.Patience */

/* digest.c: payload.Fill and payload.Digest. */
typedef struct
{
    int64_t count, bytes;
    uint64_t hash;
} digest_t;

void fill(uint8_t *message, size_t length, uint64_t seed, uint64_t n);
void digest_add(digest_t *d, const uint8_t *message, size_t length);

/* What has a name: a client, a subscription or a publication. */
typedef struct
{
    char name[64];
    aeron_context_t *context;
    aeron_t *client;
    aeron_subscription_t *subscription;
    aeron_fragment_assembler_t *assembler;
    digest_t received;
    aeron_publication_t *shared;
    aeron_exclusive_publication_t *exclusive;
    uint8_t *block; /* frames that wait to be offered in one block */
    size_t block_length;
    int blocked;
    aeron_t *owner;
} thing_t;

/* send.c. 1: sent, 0: not now, -1: failed, aeron_errmsg says why. */
int send_message(thing_t *p, const char *method, const uint8_t *message, size_t length);
int send_rest(thing_t *p);

#endif
