/* Round trips between two threads, each with a publication and a subscription; sched_yield when there is nothing to do. */
#include "bench.h"

static struct
{
    aeron_subscription_t *ping_sub, *pong_sub;
    aeron_exclusive_publication_t *ping_pub, *pong_pub;
    uint8_t *message;
    size_t length;
    int64_t count;
    int64_t begin;
}
pair;

/* Pinger and ponger count on cache lines of their own. */
static struct
{
    _Alignas(64) int64_t received;
    int64_t wrong;
    int64_t *samples;
}
pinger;
static struct
{
    _Alignas(64) int64_t echoed;
    uint8_t padding[64];
}
ponger;

void latency_open(
    aeron_t *client, const char *ping_channel, int32_t ping_stream, const char *pong_channel, int32_t pong_stream, size_t length)
{
    pair.ping_sub = add_subscription(client, ping_channel, ping_stream);
    pair.pong_sub = add_subscription(client, pong_channel, pong_stream);
    pair.ping_pub = add_exclusive_publication(client, ping_channel, ping_stream);
    pair.pong_pub = add_exclusive_publication(client, pong_channel, pong_stream);
    await_exclusive_ready(pair.ping_pub);
    await_exclusive_ready(pair.pong_pub);
    pair.length = length;
    pair.message = aligned_alloc(64, (length + 127) / 64 * 64);
    memset(pair.message, 0, length);
}

/* Whether the message is out; if not, the caller tries again. */
static bool offer(aeron_exclusive_publication_t *publication, const uint8_t *message, size_t length)
{
    int64_t result = aeron_exclusive_publication_offer(publication, message, length, NULL, NULL);
    if (result < 0 && AERON_PUBLICATION_BACK_PRESSURED != result && AERON_PUBLICATION_ADMIN_ACTION != result)
    {
        fail("offer");
    }
    return result >= 0;
}

static void on_ping(void *clientd, const uint8_t *buffer, size_t length, aeron_header_t *header)
{
    ponger.echoed++;
    while (!offer(pair.pong_pub, buffer, length))
    {
        sched_yield();
    }
}

static void *pong(void *arg)
{
    while (ponger.echoed < pair.count)
    {
        int n = aeron_subscription_poll(pair.ping_sub, on_ping, NULL, FRAGMENT_LIMIT);
        if (n < 0)
        {
            fail("poll");
        }
        if (0 == n)
        {
            sched_yield();
        }
    }
    return NULL;
}

static void on_pong(void *clientd, const uint8_t *buffer, size_t length, aeron_header_t *header)
{
    int64_t now = now_ns() - pair.begin;
    int64_t words[2] = { -1, now };
    if (length >= sizeof(words))
    {
        memcpy(words, buffer, sizeof(words));
    }
    pinger.wrong += words[0] != pinger.received;
    pinger.samples[pinger.received++] = now - words[1];
}

result_t latency_run(int64_t count, int64_t interval, const char *file)
{
    pthread_t thread;
    memset(&pinger, 0, sizeof(pinger));
    pinger.samples = malloc((size_t)count * sizeof(int64_t));
    ponger.echoed = 0;
    pair.count = count;
    pthread_create(&thread, NULL, pong, NULL);
    pair.begin = now_ns();
    int64_t sent = 0;
    while (pinger.received < count)
    {
        int work = 0;
        if (sent < count && (0 != interval || sent == pinger.received))
        {
            int64_t now = now_ns() - pair.begin;
            /* When it was meant to start: what is late because earlier ones took long counts in full. */
            int64_t intended = 0 == interval ? now : (sent + 1) * interval;
            if (now >= intended)
            {
                memcpy(pair.message, &sent, sizeof(sent));
                memcpy(pair.message + sizeof(sent), &intended, sizeof(intended));
                if (offer(pair.ping_pub, pair.message, pair.length))
                {
                    sent++;
                    work++;
                }
            }
        }
        int n = aeron_subscription_poll(pair.pong_sub, on_pong, NULL, FRAGMENT_LIMIT);
        if (n < 0)
        {
            fail("poll");
        }
        if (0 == work + n)
        {
            sched_yield();
        }
    }
    result_t result = { .nanoseconds = now_ns() - pair.begin, .received = pinger.received, .wrong = pinger.wrong };
    pthread_join(thread, NULL);
    FILE *out = fopen(file, "wb");
    if (NULL == out || fwrite(pinger.samples, sizeof(int64_t), (size_t)count, out) != (size_t)count || 0 != fclose(out))
    {
        fail(file);
    }
    free(pinger.samples);
    return result;
}

void latency_close(void)
{
    aeron_exclusive_publication_close(pair.ping_pub, NULL, NULL);
    aeron_exclusive_publication_close(pair.pong_pub, NULL, NULL);
    aeron_subscription_close(pair.ping_sub, NULL, NULL);
    aeron_subscription_close(pair.pong_sub, NULL, NULL);
    free(pair.message);
}
