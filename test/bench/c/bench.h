/* What the C contestant's files share; the commands are in package protocol. */
#ifndef BENCH_H
#define BENCH_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aeronc.h"

#define FRAGMENT_LIMIT (256)
#define MAX_PUBLISHERS (16)
#define CHANNEL_LENGTH (512)

typedef struct
{
    int64_t nanoseconds;
    int64_t received;
    int64_t wrong;
    int64_t position;
}
result_t;

/* Ends the process with a text: the bench says which contestant has failed, and that ends the run. */
void fail(const char *what);

int64_t now_ns(void);

/* A client of the driver in a directory. The conductor idles as it does by default, unless sleep says for how long. */
aeron_t *connect_client(const char *dir, const char *sleep);
void disconnect_client(aeron_t *client);

aeron_subscription_t *add_subscription(aeron_t *client, const char *channel, int32_t stream);
aeron_publication_t *add_publication(aeron_t *client, const char *channel, int32_t stream);
aeron_exclusive_publication_t *add_exclusive_publication(aeron_t *client, const char *channel, int32_t stream);

/* Until a subscriber is there and the window is open. */
void await_ready(aeron_publication_t *publication);
void await_exclusive_ready(aeron_exclusive_publication_t *publication);

/* Commands that need a driver of its own, in dir, with counters of the given length. */
void embedded_serve(const char *dir, size_t counters_length);

void throughput_open(
    aeron_t *client, const char *channel, int32_t id, size_t length, int publishers, bool exclusive, bool checked);
result_t throughput_run(int64_t messages);
void throughput_close(void);

void latency_open(
    aeron_t *client, const char *ping_channel, int32_t ping_stream, const char *pong_channel, int32_t pong_stream, size_t length);
result_t latency_run(int64_t count, int64_t interval, const char *file);
void latency_close(void);

#endif
